//! The log is written first, and its sums are the accounts'.

use super::client::{Client, get, perfect, post, query};
use morket_core::VendorUnits;
use morket_providers::sandbox::{Delivery, Entry, Faults, Limits, Sandbox, Vendor};
use serde_json::Value;
use std::{collections::BTreeMap, fs, time::Duration};

#[tokio::test]
async fn billing_in_log_file_summary_and_accounts_agree() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.ndjson");
    let mut options = perfect(3).for_each_vendor(|vendor| {
        vendor.faults = Faults { slow_for: Duration::ZERO, ..Faults::campaign() };
        vendor.limits = Limits::Off;
        vendor.credits = VendorUnits::whole(150);
    });
    options.log_file = Some(path.clone());
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let mut client = Client::connect(sandbox.addr()).await;
    let mut calls = 0;
    for row in sandbox.world().demo_rows(250) {
        let (name, domain) = (query(&row.full_name), &row.company_domain);
        let finder = format!("/hunter/v2/email-finder?full_name={name}&domain={domain}");
        let person = format!("/people-data-labs/v5/person/enrich?name={name}&company={domain}");
        let email = format!("/zerobounce/v2/validate?api_key=k1&email=info@{domain}");
        let batch =
            format!(r#"{{"data":[{{"full_name":"{}","website":"{domain}"}}]}}"#, row.full_name);
        let requests = [
            get(&finder, "X-API-KEY: k1"),
            get(&finder, "X-API-KEY: k1"),
            get(&person, "X-API-KEY: k1"),
            get(&email, ""),
            post("/dropcontact/v1/enrich/all", "X-Access-Token: k1", &batch),
        ];
        for request in requests {
            calls += 1;
            if client.call(&request).await.is_err() {
                client = Client::connect(sandbox.addr()).await;
            }
            // Whoever has an answer can find the call in the file.
            let lines = fs::read_to_string(&path).expect("a log");
            assert_eq!(lines.lines().filter(|line| line.contains("\"at_us\"")).count(), calls);
        }
    }
    let entries = sandbox.log(0, usize::MAX);
    assert_eq!(entries.len(), calls);
    let in_file: Vec<Value> = fs::read_to_string(&path)
        .expect("a log")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    for vendor in Vendor::ALL {
        let mine = || entries.iter().filter(|entry| entry.vendor == vendor);
        let logged = VendorUnits::sum(mine().map(|entry| entry.billed)).expect("small");
        let account = sandbox.account(vendor, "k1");
        let summary = &sandbox.summary().vendors[&vendor];
        let lines = in_file.iter().filter(|line| line["vendor"] == vendor.slug());
        let filed: i64 = lines.filter_map(|line| line["billed_milli"].as_i64()).sum();
        assert_eq!(account.used, logged, "{vendor:?}");
        assert_eq!(account.credits, VendorUnits(150_000 - logged.0), "{vendor:?}");
        assert_eq!(summary.billed, logged, "{vendor:?}");
        assert_eq!(filed, logged.0, "{vendor:?}");
        assert_eq!(summary.calls, mine().count() as u64, "{vendor:?}");
        assert!(account.credits >= VendorUnits::ZERO);
    }
    deliveries_agree(&entries, &in_file);
}

/// The file's last word on each call is the memory's.
fn deliveries_agree(entries: &[Entry], in_file: &[Value]) {
    let last: BTreeMap<u64, &Value> = in_file
        .iter()
        .map(|line| (line["seq"].as_u64().expect("a number"), &line["delivery"]))
        .collect();
    for entry in entries {
        assert!(matches!(entry.delivery, Delivery::Delivered | Delivery::Cut), "{entry:?}");
        let expected = if entry.delivery == Delivery::Cut { "cut" } else { "delivered" };
        assert_eq!(last[&entry.seq], expected, "{entry:?}");
    }
}
