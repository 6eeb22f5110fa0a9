//! What answers: many products speak MongoDB's protocol, and it is spoken by one server or many.

use bson::Document;
use tenantry_core::records::Topology;

/// The product and its version, by the server's own words, otherwise by its host name.
pub fn of(build: &Document, hosts: &[String]) -> (String, String) {
    let version = |document: &Document, key| document.get_str(key).unwrap_or("unknown").to_owned();
    if let Ok(own) = build.get_str("secantusVersion") {
        return ("SecantusDB".to_owned(), own.to_owned());
    }
    if let Ok(ferret) = build.get_document("ferretdb") {
        return ("FerretDB".to_owned(), version(ferret, "version"));
    }
    let ends_with = |domain: &str| hosts.iter().any(|host| host_name(host).ends_with(domain));
    let product = if ends_with(".cosmos.azure.com") {
        "Azure Cosmos DB"
    } else if ends_with(".docdb.amazonaws.com") || ends_with(".docdb-elastic.amazonaws.com") {
        "Amazon DocumentDB"
    } else {
        "MongoDB"
    };
    (product.to_owned(), version(build, "version"))
}

/// How the deployment is built, by the server's greeting.
pub fn topology(hello: &Document) -> Topology {
    if hello.get_str("msg").is_ok_and(|message| message == "isdbgrid") {
        Topology::Sharded
    } else if hello.contains_key("setName") {
        Topology::ReplicaSet
    } else {
        Topology::Standalone
    }
}

fn host_name(host: &str) -> String {
    host.rsplit_once(':').map_or(host, |(name, _)| name).trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    #[test]
    fn who_only_speaks_like_mongodb_is_told_by_its_own_name() {
        let of = |build: Document, host: &str| of(&build, &[host.to_owned()]);
        let told = |product: &str, version: &str| (product.to_owned(), version.to_owned());
        let plain = doc! { "version": "7.0.1" };
        assert_eq!(of(plain.clone(), "db.example:27017"), told("MongoDB", "7.0.1"));
        assert_eq!(of(plain.clone(), "Mine.Cosmos.Azure.com:10255"), told("Azure Cosmos DB", "7.0.1"));
        assert_eq!(of(plain, "c.cluster-x.eu-west-1.docdb.amazonaws.com:27017").0, "Amazon DocumentDB");
        let ferret = doc! { "version": "7.0.77", "ferretdb": { "version": "v2.1.0" } };
        assert_eq!(of(ferret, "localhost"), told("FerretDB", "v2.1.0"));
    }

    #[test]
    fn the_topology_is_told_by_hello() {
        assert_eq!(topology(&doc! { "setName": "rs0" }), Topology::ReplicaSet);
        assert_eq!(topology(&doc! { "msg": "isdbgrid" }), Topology::Sharded);
        assert_eq!(topology(&doc! { "isWritablePrimary": true }), Topology::Standalone);
    }
}
