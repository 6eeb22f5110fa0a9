//! A DNS server for tests: it knows the names that it was given, and nothing else in the world.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, SRV, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use parking_lot::Mutex;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// How it responds to an unknown name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// The name does not exist.
    NotThere,
    /// It fails.
    Failing,
    /// Not at all.
    Silent,
}

/// A DNS server on this computer, gone when it is dropped.
#[derive(Debug)]
pub struct DnsStub {
    /// Where it is.
    pub address: SocketAddr,
    records: Arc<Mutex<Vec<Record>>>,
    task: JoinHandle<()>,
}

impl DnsStub {
    /// Starts one without names.
    ///
    /// # Panics
    /// When it can't be started.
    pub async fn start(manner: Manner) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        let address = socket.local_addr().expect("bound");
        let records = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(serve(socket, Arc::clone(&records), manner));
        Self { address, records, task }
    }

    /// Adds the address of a host.
    #[must_use]
    pub fn host(self, name: &str, address: IpAddr) -> Self {
        let data = match address {
            IpAddr::V4(address) => RData::A(A(address)),
            IpAddr::V6(address) => RData::AAAA(AAAA(address)),
        };
        self.record(name, data)
    }

    /// Adds a host of a cluster.
    ///
    /// # Panics
    /// When a name is invalid.
    #[must_use]
    pub fn srv(self, name: &str, target: &str, port: u16) -> Self {
        let data = RData::SRV(SRV::new(0, 0, port, whole(target)));
        self.record(&format!("_mongodb._tcp.{name}"), data)
    }

    /// Adds a cluster's options.
    #[must_use]
    pub fn txt(self, name: &str, text: &str) -> Self {
        self.record(name, RData::TXT(TXT::new(vec![text.to_owned()])))
    }

    fn record(self, name: &str, data: RData) -> Self {
        self.records.lock().push(Record::from_rdata(whole(name), 60, data));
        self
    }
}

impl Drop for DnsStub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn whole(name: &str) -> Name {
    let mut name = Name::from_str_relaxed(name).expect("a name");
    name.set_fqdn(true);
    name
}

async fn serve(socket: UdpSocket, records: Arc<Mutex<Vec<Record>>>, manner: Manner) {
    let mut buffer = [0_u8; 1500];
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        let Ok(asked) = Message::from_vec(&buffer[..length]) else { continue };
        let answer = answer(&asked, &records.lock(), manner);
        if let Some(bytes) = answer.and_then(|answer| answer.to_vec().ok()) {
            let _ = socket.send_to(&bytes, from).await;
        }
    }
}

fn answer(asked: &Message, records: &[Record], manner: Manner) -> Option<Message> {
    let query = asked.queries.first()?;
    let of_name: Vec<&Record> =
        records.iter().filter(|record| record.name.to_lowercase() == query.name().to_lowercase()).collect();
    let mut answer = Message::new(asked.metadata.id, MessageType::Response, asked.metadata.op_code);
    answer.metadata.recursion_desired = true;
    answer.metadata.recursion_available = true;
    answer.add_query(query.clone());
    if of_name.is_empty() {
        answer.metadata.response_code = match manner {
            Manner::NotThere => ResponseCode::NXDomain,
            Manner::Failing => ResponseCode::ServFail,
            Manner::Silent => return None,
        };
    }
    let wanted = |record: &&&Record| {
        query.query_type() == RecordType::ANY || record.record_type() == query.query_type()
    };
    answer.add_answers(of_name.iter().filter(wanted).map(|record| (*record).clone()));
    Some(answer)
}
