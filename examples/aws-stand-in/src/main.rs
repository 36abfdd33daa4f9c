//! The stand-in as a program: says what it is asked.

use std::{env, io};

use aws_stand_in::StandIn;

fn main() -> io::Result<()> {
    let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4566".into());
    let stand_in = StandIn::start(&address)?;
    println!("listening on {}", stand_in.url());
    for line in stand_in.lines() {
        println!("{line}");
    }
    Ok(())
}
