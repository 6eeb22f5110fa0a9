use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::import::{CsvFacts, ImportField, ListKind, TextEncoding};
use crate::limits::{IMPORT_CELL_MAX, IMPORT_COLUMNS_MAX, IMPORT_ROWS_MAX, IMPORT_UNPACKED_MAX};

fn draft(name: &str, content: impl Into<Vec<u8>>) -> ImportDraft {
    read(name, content.into()).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"))
}

fn refusal(name: &str, content: impl Into<Vec<u8>>) -> ListRefusal {
    read(name, content.into()).err().unwrap_or_else(|| panic!("{name} is read"))
}

fn names(draft: &ImportDraft) -> Vec<&str> {
    (0..draft.len()).map(|row| draft.cell(row, ImportField::Name)).collect()
}

fn csv(separator: char, encoding: TextEncoding) -> ListKind {
    ListKind::Csv(CsvFacts { separator, encoding })
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("\u{FEFF}{text}").encode_utf16().flat_map(bytes).collect()
}

#[test]
fn a_csv_file_is_read_whatever_its_separator_and_encoding() {
    let text = "Name;E-Mail\nzoë;z@zoe.example\n\"acme, inc\";\"a;b\"\"c\n\"\n";
    for (content, encoding) in [
        (text.as_bytes().to_vec(), TextEncoding::Utf8),
        (format!("\u{FEFF}{text}").into_bytes(), TextEncoding::Utf8),
        (utf16(text, u16::to_le_bytes), TextEncoding::Utf16),
        (utf16(text, u16::to_be_bytes), TextEncoding::Utf16),
        (text.chars().map(|c| c as u8).collect(), TextEncoding::Windows1252),
    ] {
        let draft = draft("list.csv", content);
        assert_eq!(draft.kind(), csv(';', encoding));
        assert_eq!(names(&draft), ["zoë", "acme, inc"], "{encoding:?}");
        assert_eq!(draft.cell(1, ImportField::Email), "a;b\"c\n");
        assert_eq!((draft.number(0), draft.number(1)), (2, 3));
    }
    for separator in [',', '\t', '|'] {
        let text =
            format!("name{separator}email\r\nacme{separator}a;x@a.example\r\n\r\nother{separator}o\r\n");
        let draft = draft("list.txt", text);
        assert_eq!(draft.kind(), csv(separator, TextEncoding::Utf8));
        assert_eq!((names(&draft), draft.number(1)), (vec!["acme", "other"], 3), "an empty row is no row");
    }
    assert_eq!(draft("a.csv", "sep=|\nname|email\nacme|x,y,z\n").kind(), csv('|', TextEncoding::Utf8));
    assert_eq!(names(&draft("a.csv", "name\nacme\nother\n")), ["acme", "other"], "one column");
}

#[test]
fn a_file_without_headers_keeps_its_first_row() {
    let mut draft = draft("list.csv", "acme,a@acme.example\nother,o@other.example\n");
    assert_eq!((draft.first_row_has_headers(), draft.len()), (Some(false), 2));
    assert_eq!(draft.headers(), ["", ""]);
    draft.set_column(ImportField::Name, Some(0));
    assert_eq!(names(&draft), ["acme", "other"]);
    draft.set_headers(true);
    assert_eq!((draft.headers(), draft.len()), (&["acme".to_owned(), "a@acme.example".to_owned()][..], 1));
    draft.set_headers(false);
    assert_eq!(draft.len(), 2);
}

#[test]
fn guards_are_taken_away_in_our_own_files_alone_and_never_from_a_password() {
    let ours = "\"organization_name\",\"display_name\",\"password\"\n\"acme\",\"'=1+1\",\"'=Passw0rd\"\n";
    let draft_of_ours = draft("a.csv", ours);
    assert_eq!(draft_of_ours.cell(0, ImportField::DisplayName), "=1+1");
    assert_eq!(draft_of_ours.cell(0, ImportField::Password), "'=Passw0rd");
    let theirs = draft("a.csv", "name,title\nacme,'=1+1\n");
    assert_eq!(theirs.cell(0, ImportField::DisplayName), "'=1+1");
}

#[test]
fn objects_are_rows_whatever_the_order_of_their_keys() {
    let array = r#" [{"name": "acme", "active": true, "n": 12, "nested": {"a": [1]}},
        {"email": "o@other.example", "name": "other", "active": null}]"#;
    let lines =
        "{\"name\": \"acme\", \"active\": true}\n\n{\"email\": \"o@other.example\",\n\"name\": \"other\"}";
    for (content, kind) in [(array, ListKind::Json), (lines, ListKind::Ndjson)] {
        let draft = draft("list.json", content);
        assert_eq!((draft.kind(), names(&draft)), (kind, vec!["acme", "other"]));
        assert_eq!(draft.cell(0, ImportField::Status), "true");
        assert_eq!(draft.cell(0, ImportField::Email), "");
        assert_eq!(draft.cell(1, ImportField::Email), "o@other.example");
        assert_eq!(draft.first_row_has_headers(), None);
    }
}

/// A spreadsheet with one sheet of these rows, given as XML.
fn spreadsheet(rows: &str) -> Vec<u8> {
    let parts = [
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned(),
        ),
        (
            "_rels/.rels",
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
             <Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/\
             officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
                .to_owned(),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
             <Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/\
             worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
                .to_owned(),
        ),
        (
            "xl/workbook.xml",
            "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\
             \"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>\
             <sheet name=\"One\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
                .to_owned(),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(
                "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>\
                 {rows}</sheetData></worksheet>"
            ),
        ),
    ];
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        file.start_file(name, SimpleFileOptions::default()).expect("a part");
        file.write_all(content.as_bytes()).expect("written");
    }
    file.finish().expect("a zip").into_inner()
}

fn cell(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

#[test]
fn a_spreadsheet_is_read_by_the_places_of_its_cells() {
    let rows = format!(
        "<row r=\"3\">{}{}</row><row r=\"7\">{}<c r=\"E7\"><v>12</v></c></row>",
        cell("B3", "Name"),
        cell("E3", "Title"),
        cell("B7", "acme")
    );
    let draft = draft("list.xlsx", spreadsheet(&rows));
    assert_eq!((draft.kind(), names(&draft), draft.number(0)), (ListKind::Spreadsheet, vec!["acme"], 7));
    assert_eq!(draft.cell(0, ImportField::DisplayName), "12", "a number has no decimals of its own");
    assert_eq!(draft.headers().len(), 5);
}

#[test]
fn a_spreadsheet_with_a_cell_at_the_end_of_the_world_takes_no_memory_for_what_lies_between() {
    let name = cell("A1", "name");
    let far = format!("<row r=\"1\">{name}</row><row r=\"1048576\">{}</row>", cell("A1048576", "acme"));
    assert_eq!(names(&draft("a.xlsx", spreadsheet(&far))), ["acme"]);
    let wide = format!("<row r=\"1\">{}</row>", cell("XFD1", "name"));
    assert_eq!(refusal("a.xlsx", spreadsheet(&wide)).problem, ListProblem::TooManyColumns);
}

#[test]
fn a_small_file_that_unpacks_to_a_large_one_is_refused() {
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    file.start_file("xl/workbook.xml", SimpleFileOptions::default()).expect("a part");
    let part = vec![b' '; 1024 * 1024];
    for _ in 0..=(IMPORT_UNPACKED_MAX / part.len() as u64) {
        file.write_all(&part).expect("written");
    }
    let bomb = file.finish().expect("a zip").into_inner();
    assert!(bomb.len() < 1024 * 1024, "{}", bomb.len());
    assert_eq!(refusal("a.xlsx", bomb).problem, ListProblem::TooManyBytes);
}

#[test]
fn what_holds_no_list_is_refused_with_what_it_is() {
    use ListProblem::{Damaged, Empty, Encoding, OldSpreadsheet, OtherKind};
    let entity = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><row r=\"1\"><c r=\"A1\"><v>&b;</v>";
    let cut = spreadsheet("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>7</v></c></row>");
    let cases: [(&str, Vec<u8>, ListProblem); 15] = [
        ("empty.csv", Vec::new(), Empty),
        ("blank.csv", b" \n\t\n".to_vec(), Empty),
        ("none.json", b"[]".to_vec(), Empty),
        ("none.xlsx", spreadsheet(""), Empty),
        ("old.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(), OldSpreadsheet),
        ("a.pdf", b"%PDF-1.7".to_vec(), OtherKind),
        ("a.csv.gz", b"\x1F\x8B\x08\x00".to_vec(), OtherKind),
        ("nul.csv", b"name\0email\nacme\0x\n".to_vec(), Encoding),
        ("utf16.csv", b"n\0a\0m\0e\0\n\0".to_vec(), Encoding),
        ("noise.csv", vec![0x81, 0x01, 0x02, 0xFF, 0xFE, 0x03], Encoding),
        ("half.json", br#"[{"name": "acme"}, {"name": "#.to_vec(), Damaged),
        ("numbers.json", b"[1, 2]".to_vec(), Damaged),
        ("deep.json", [b"[{\"a\":".as_slice(), &[b'['; 100_000]].concat(), Damaged),
        ("cut.xlsx", cut.iter().take(cut.len() / 2).copied().collect(), Damaged),
        ("entity.xlsx", spreadsheet(entity), Damaged),
    ];
    for (name, content, problem) in cases {
        assert_eq!(refusal(name, content).problem, problem, "{name}");
    }
    assert_eq!(refusal("a.ndjson", "{\"name\": \"a\"}\n{\"name\": }\n").row, Some(2), "it says where");
}

#[test]
fn more_than_is_good_is_refused_in_every_format() {
    let rows = |count: usize| "acme\n".repeat(count);
    assert_eq!(draft("a.csv", format!("name\n{}", rows(IMPORT_ROWS_MAX))).len(), IMPORT_ROWS_MAX);
    let too_many = format!("name\n{}", rows(IMPORT_ROWS_MAX + 1));
    assert_eq!(refusal("a.csv", too_many).problem, ListProblem::TooManyRows);
    let objects = "{\"name\":\"a\"}\n".repeat(IMPORT_ROWS_MAX + 2);
    assert_eq!(refusal("a.ndjson", objects).problem, ListProblem::TooManyRows);
    let wide = vec!["a"; IMPORT_COLUMNS_MAX + 1].join(",");
    assert_eq!(refusal("a.csv", format!("{wide}\n")).problem, ListProblem::TooManyColumns);
    let keys: Vec<_> = (0..=IMPORT_COLUMNS_MAX).map(|key| format!("\"{key}\":1")).collect();
    assert_eq!(refusal("a.json", format!("[{{{}}}]", keys.join(","))).problem, ListProblem::TooManyColumns);
    let long = "x".repeat(IMPORT_CELL_MAX + 1);
    for (name, content) in
        [("a.csv", format!("name\n{long}\n")), ("a.json", format!("[{{\"name\":\"{long}\"}}]"))]
    {
        assert_eq!(
            refusal(name, content),
            ListRefusal { problem: ListProblem::CellTooLong, row: Some(if name == "a.csv" { 2 } else { 1 }) }
        );
    }
    let rows = format!("<row r=\"1\">{}</row>", cell("A1", &long));
    assert_eq!(refusal("a.xlsx", spreadsheet(&rows)).problem, ListProblem::CellTooLong);
    let bytes = vec![b'a'; usize::try_from(IMPORT_BYTES_MAX).expect("small") + 1];
    assert_eq!(refusal("a.csv", bytes).problem, ListProblem::TooManyBytes);
}
