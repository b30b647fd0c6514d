//! Serves the fake vendors until it is ended: `sandbox [PORT [SEED [LOG_FILE]]]`.
#![allow(clippy::print_stdout, reason = "the address is what the caller waits for")]

use morket_providers::sandbox::{Options, Sandbox, Vendor};
use std::{env, error::Error};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).map(|text| text.parse::<u64>()).transpose();
    let mut options = Options::seeded(number(1)?.unwrap_or(1));
    options.port = u16::try_from(number(0)?.unwrap_or(0))?;
    options.log_file = arguments.get(2).map(Into::into);
    let sandbox = Sandbox::start(options).await?;
    for vendor in Vendor::ALL {
        println!("{}", sandbox.base_url(vendor));
    }
    println!("{}", sandbox.zerobounce_bulk_url());
    sandbox.ended().await;
    Ok(())
}
