use bson::raw::cstr;
use bson::{DateTime, RawArrayBuf, RawDocumentBuf, rawdoc};
use time::{Duration, OffsetDateTime};

use super::table::Trade;
use super::{Dice, object_id};

const PEOPLE: [&str; 20] = [
    "Amara Osei",
    "Jonas Keller",
    "Mei Nakamura",
    "Sofía Castillo",
    "Liam O'Brien",
    "Zainab Yusuf",
    "Pavel Novák",
    "Ingrid Solberg",
    "Rahul Menon",
    "Chloé Laurent",
    "Tomás Ferreira",
    "Hana Kim",
    "Dmitri Sokolov",
    "Leila Haddad",
    "Grace Mwangi",
    "Oskar Wiśniewski",
    "Emily Carter",
    "Yusuf Demir",
    "Anneke de Vries",
    "Noah Fischer",
];
const CITIES: [&str; 12] = [
    "Rotterdam",
    "Valparaíso",
    "Osaka",
    "Gdańsk",
    "Mombasa",
    "Halifax",
    "Trieste",
    "Busan",
    "Lyon",
    "Oulu",
    "Santos",
    "Tauranga",
];
const GOODS: [&str; 14] = [
    "Desk lamp",
    "Wool blanket",
    "Espresso cups, set of 4",
    "Oak shelf",
    "Trail backpack 30 l",
    "Olive oil 750 ml",
    "Notebook A5",
    "Ceramic vase",
    "Rain jacket",
    "Cast-iron pan",
    "Linen shirt",
    "Herbal tea",
    "Bread knife",
    "Picture frame",
];
const TREATMENTS: [&str; 8] = [
    "First consultation",
    "Follow-up",
    "Vaccination",
    "Blood test",
    "X-ray",
    "Physiotherapy",
    "Dental cleaning",
    "Eye examination",
];
const COURSES: [&str; 8] = [
    "Algebra I",
    "World History",
    "Chemistry Lab",
    "Creative Writing",
    "Introduction to Programming",
    "Music Theory",
    "Biology",
    "Drawing",
];
const REPAIRS: [&str; 7] = [
    "Replace bearing",
    "Calibrate spindle",
    "Weld bracket",
    "Repaint cabinet",
    "Change hydraulic hose",
    "Inspect brakes",
    "Rewind motor",
];

/// Up to 400 documents typical of the trade, oldest first.
pub(super) fn documents(
    trade: Trade,
    index: u16,
    created_at: OffsetDateTime,
    now: OffsetDateTime,
    dice: &mut Dice,
) -> Vec<Vec<u8>> {
    // Most are small, a few are large, and every twelfth is still empty.
    let size = dice.between(8, 401);
    let count = if index % 12 == 5 { 0 } else { size * dice.between(40, 101) / 100 };
    let span = milliseconds_between(created_at, now);
    let mut days: Vec<i64> = (0..count).map(|_| dice.between(0, span)).collect();
    days.sort_unstable();
    (1u32..)
        .zip(days)
        .map(|(number, after)| {
            let created = created_at.saturating_add(Duration::milliseconds(after));
            let later = dice.between(0, milliseconds_between(created, now).min(20 * 86_400_000));
            let updated = created.saturating_add(Duration::milliseconds(later));
            let mut document = rawdoc! { "_id": object_id(index, number) };
            describe(trade, number, created, &mut document, dice);
            document.append(cstr!("created_at"), date(created));
            document.append(cstr!("updated_at"), date(updated));
            document.into_bytes()
        })
        .collect()
}

fn describe(
    trade: Trade,
    number: u32,
    created: OffsetDateTime,
    document: &mut RawDocumentBuf,
    dice: &mut Dice,
) {
    let person = dice.one_of(&PEOPLE);
    let year = created.year();
    match trade {
        Trade::Clinic => {
            let status =
                dice.one_of(&["booked", "arrived", "completed", "completed", "cancelled", "no-show"]);
            document.append(cstr!("type"), "appointment");
            document.append(
                cstr!("patient"),
                rawdoc! {
                    "name": person,
                    "record": format!("P-{:05}", dice.between(100, 99_999)),
                    "born": date(created - Duration::days(dice.between(1_000, 30_000))),
                },
            );
            document.append(cstr!("reason"), dice.one_of(&TREATMENTS));
            document.append(
                cstr!("starts_at"),
                date(created.saturating_add(Duration::hours(dice.between(24, 600)))),
            );
            document.append(cstr!("minutes"), whole(dice.between(1, 7) * 10));
            document.append(cstr!("room"), whole(dice.between(1, 13)));
            document.append(cstr!("status"), status);
        }
        Trade::Shop => {
            let mut lines = RawArrayBuf::new();
            let mut cents = 0;
            for _ in 0..dice.between(1, 5) {
                let (quantity, price) = (dice.between(1, 4), dice.between(350, 12_900));
                cents += quantity * price;
                lines.push(rawdoc! {
                    "article": dice.one_of(&GOODS),
                    "sku": format!("SKU-{:04}", dice.between(1, 2_000)),
                    "quantity": whole(quantity),
                    "unit_price": money(price),
                });
            }
            document.append(cstr!("type"), "invoice");
            document.append(cstr!("number"), format!("INV-{year}-{number:04}"));
            document.append(
                cstr!("customer"),
                rawdoc! {
                    "name": person,
                    "city": dice.one_of(&CITIES),
                },
            );
            document.append(cstr!("lines"), lines);
            document.append(cstr!("total"), money(cents));
            document.append(cstr!("currency"), "EUR");
            document.append(cstr!("paid"), dice.between(0, 10) < 8);
            document.append(cstr!("due_at"), date(created.saturating_add(Duration::days(30))));
        }
        Trade::Freight => {
            let status = dice.one_of(&[
                "announced",
                "picked up",
                "in transit",
                "delivered",
                "delivered",
                "held at customs",
            ]);
            document.append(cstr!("type"), "shipment");
            document.append(cstr!("tracking_number"), format!("{:012}", dice.between(1, 999_999_999_999)));
            document.append(cstr!("from"), dice.one_of(&CITIES));
            document.append(cstr!("to"), dice.one_of(&CITIES));
            document.append(cstr!("consignee"), person);
            document.append(cstr!("pieces"), whole(dice.between(1, 40)));
            document.append(cstr!("weight_kg"), money(dice.between(150, 900_000)));
            document.append(cstr!("status"), status);
        }
        Trade::School => {
            document.append(cstr!("type"), "enrolment");
            document.append(cstr!("student"), person);
            document.append(cstr!("course"), dice.one_of(&COURSES));
            document.append(cstr!("term"), format!("{year}-{}", dice.between(1, 3)));
            document.append(cstr!("attendance_percent"), whole(dice.between(60, 101)));
            // Not graded before the term ends.
            if dice.between(0, 4) > 0 {
                document.append(cstr!("grade"), dice.one_of(&["A", "A-", "B+", "B", "C+", "C", "D"]));
            }
        }
        Trade::Hotel => {
            let (nights, price) = (dice.between(1, 15), dice.between(6_500, 32_000));
            document.append(cstr!("type"), "reservation");
            document.append(cstr!("confirmation"), format!("{year}{number:05}"));
            document.append(cstr!("guest"), rawdoc! { "name": person, "city": dice.one_of(&CITIES) });
            document.append(cstr!("room"), whole(dice.between(101, 540)));
            document.append(
                cstr!("arrives_at"),
                date(created.saturating_add(Duration::days(dice.between(1, 120)))),
            );
            document.append(cstr!("nights"), whole(nights));
            document.append(cstr!("total"), money(nights * price));
            document.append(cstr!("currency"), "EUR");
            document.append(cstr!("breakfast"), dice.between(0, 3) > 0);
        }
        Trade::Workshop => {
            document.append(cstr!("type"), "work_order");
            document.append(cstr!("number"), format!("WO-{number:05}"));
            document.append(cstr!("task"), dice.one_of(&REPAIRS));
            document.append(cstr!("assigned_to"), person);
            document.append(cstr!("priority"), dice.one_of(&["low", "normal", "normal", "high"]));
            document.append(cstr!("hours"), money(dice.between(25, 2_400)));
            document.append(cstr!("done"), dice.between(0, 5) > 0);
        }
        Trade::Energy => {
            document.append(cstr!("type"), "meter_reading");
            document.append(cstr!("meter"), format!("M{:07}", dice.between(1, 4_000)));
            document.append(cstr!("read_by"), person);
            document.append(cstr!("kilowatt_hours"), money(dice.between(10_000, 9_000_000)));
            document.append(cstr!("estimated"), dice.between(0, 8) == 0);
        }
    }
}

fn milliseconds_between(from: OffsetDateTime, to: OffsetDateTime) -> i64 {
    i64::try_from((to - from).whole_milliseconds()).unwrap_or(0).max(0)
}

fn date(moment: OffsetDateTime) -> DateTime {
    DateTime::from_millis(milliseconds_between(OffsetDateTime::UNIX_EPOCH, moment))
}

fn whole(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Hundredths as the decimal that an application would store.
fn money(hundredths: i64) -> f64 {
    hundredths as f64 / 100.0
}
