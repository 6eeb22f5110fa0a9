//! The table of rights in the documentation.

use std::fmt::Write;

use tenantry_core::rights::{Act, Reach, Role};

use super::sources::{read, root};

const BEGIN: &str =
    "<!-- rights: UPDATE_DOCS=1 cargo test -p tenantry-tests --test architecture rights -->\n";
const END: &str = "<!-- end of rights -->";

fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Operator => "operator",
        Role::ReadOnlyOperator => "read-only operator",
        Role::OrganizationAdmin => "organization admin",
        Role::Viewer => "viewer",
    }
}

fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::Nothing => "no",
        Reach::Oneself => "oneself",
        Reach::Own => "own",
        Reach::All => "all",
    }
}

fn act(act: Act) -> &'static str {
    match act {
        Act::List => "list, search, export lists",
        Act::Statistics => "statistics",
        Act::Create => "create an organization",
        Act::Change => "rename, change address, password, display name",
        Act::Deactivate => "deactivate, reactivate",
        Act::Trash => "move to the trash",
        Act::Restore => "restore from the trash, decide about interrupted changes",
        Act::DeleteForever => "delete for good",
        Act::Import => "import organizations",
        Act::BackUp => "back up, verify a bundle",
        Act::RestoreBundle => "restore a bundle, copy or move an organization here",
        Act::Findings => "see the doctor's findings",
        Act::Mend => "mend findings, change the template of tenant collections",
        Act::ReadPeople => "look at people",
        Act::ManagePeople => "add, change, deactivate and remove people",
        Act::Sessions => "see sessions",
        Act::EndSessions => "end sessions",
        Act::Activity => "read the record",
        Act::Operators => "manage operators",
        Act::Settings => "settings, what the workspace permits, retention",
        Act::Unlock => "unlock a locked workspace",
        Act::Health => "see the health of the workspace",
    }
}

fn table() -> String {
    let mut table = String::from("| |");
    for one in Role::ALL {
        write!(table, " {} |", role(*one)).expect("a text");
    }
    table += "\n| --- |";
    table += &" --- |".repeat(Role::ALL.len());
    for one in Act::ALL {
        write!(table, "\n| {} |", act(*one)).expect("a text");
        for role in Role::ALL {
            write!(table, " {} |", reach(role.reach(*one))).expect("a text");
        }
    }
    table + "\n"
}

#[test]
fn the_rights_in_the_documentation_are_those_of_core() {
    let text = read("docs/security.md");
    let (before, rest) = text.split_once(BEGIN).expect("the table's beginning is marked");
    let (_, after) = rest.split_once(END).expect("the table's end is marked");
    let expected = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(root().join("docs/security.md"), &expected).expect("written");
    }
    let right = read("docs/security.md") == expected;
    assert!(right, "docs/security.md has another table of rights: UPDATE_DOCS=1 writes it\n{}", table());
}
