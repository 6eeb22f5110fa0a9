//! The time of a sign-in does not tell whether an address belongs to somebody, or how its password is stored. What is
//! compared is the work, which is the same on a busy computer; `make soak` prints the times as well.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use tenantry_core::error::AppError;
use tenantry_core::records::MemberRole;
use tenantry_core::sessions::PasswordHasher;
use tenantry_core::values::Password;
use tenantry_tests::console::{Console, OPERATOR, PASSWORD, Run};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

/// What is tried, and how often.
struct Campaign {
    costs: [u32; 3],
    tries: usize,
    prints: bool,
}

impl Campaign {
    fn chosen() -> Self {
        match std::env::var_os("TENANTRY_SOAK") {
            Some(_) => Self { costs: [10, 11, 12], tries: 200, prints: true },
            None => Self { costs: [4, 5, 6], tries: 8, prints: false },
        }
    }
}

/// The tries of one kind of address.
struct Row {
    what: String,
    email: String,
    work: Vec<u64>,
    times: Vec<Duration>,
}

impl Row {
    fn of(what: &str, email: &str) -> Self {
        Self { what: what.to_owned(), email: email.to_owned(), work: Vec::new(), times: Vec::new() }
    }

    fn percentile(&mut self, percent: usize) -> f64 {
        self.times.sort_unstable();
        self.times[(self.times.len() - 1) * percent / 100].as_secs_f64() * 1_000.0
    }
}

async fn forgive_everybody(console: &Console) {
    for failing in console.ports.accounts.failed_sign_ins(1_000).await.expect("a list") {
        console.ports.accounts.clear_failed_sign_ins(&failing.account).await.expect("forgotten");
    }
}

/// One address of each kind: nobody's, an admin's for each cost of the stored hash, an operator's, a person's.
async fn rows(workspace: &TestWorkspace, costs: [u32; 3]) -> Vec<Row> {
    let console = Console::on(workspace);
    console.operator().await;
    let password = Password::parse(&SecretString::from(PASSWORD)).expect("a good password");
    let mut rows = vec![Row::of("nobody's address", "nobody@example.com")];
    for cost in costs {
        let name = format!("cost{cost}");
        let organization = console.create(&name).await;
        let hash = PasswordHasher::with_cost(cost).hash(&password).await.expect("hashed");
        workspace.write_behind(organization.id, "admin_password", hash.expose()).await;
        rows.push(Row::of(&format!("an admin's, cost {cost}"), organization.admin_email.as_str()));
    }
    let company = console.create("company").await;
    console.person(&company, "vera@example.com", MemberRole::Viewer).await;
    rows.push(Row::of("a person's, cost 4", "vera@example.com"));
    rows.push(Row::of("an operator's, cost 4", OPERATOR));
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_takes_the_same_work_whoever_has_the_address_and_however_the_password_is_stored() {
    let Campaign { costs, tries, prints } = Campaign::chosen();
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let mut rows = rows(&workspace, costs).await;
        let run = Run { cost: costs[2], ..Run::default() };
        let console = Console::run(workspace.ports.clone(), &workspace.clock, run);
        // In turns, so that whatever else the computer does meets all of them. The first turn warms up.
        for turn in 0..=tries {
            for row in &mut rows {
                forgive_everybody(&console).await;
                let (rounds, began) = (console.hasher.rounds(), Instant::now());
                let answer = console.try_sign_in(&row.email, &SecretString::from("Wr0ng-password")).await;
                let (time, work) = (began.elapsed(), console.hasher.rounds() - rounds);
                let answer = answer.map(drop);
                let refused = matches!(answer, Err(AppError::CredentialsRefused { tries_left: 4 }));
                assert!(refused, "{kind:?} {}: {answer:?}", row.what);
                if turn > 0 {
                    row.work.push(work);
                    row.times.push(time);
                }
            }
        }
        if prints {
            println!("{kind:?}, {tries} tries each, in milliseconds:");
            println!("{:>24} {:>9} {:>9} {:>9}", "", "p5", "median", "p95");
        }
        for row in &mut rows {
            // Where there are people, an address can be of a person and an admin.
            assert_eq!(row.work, vec![2 << costs[2]; tries], "{kind:?} {}", row.what);
            if prints {
                let (low, middle, high) = (row.percentile(5), row.percentile(50), row.percentile(95));
                println!("{:>24} {low:>9.2} {middle:>9.2} {high:>9.2}", row.what);
            }
        }
        workspace.remove().await;
    }
}
