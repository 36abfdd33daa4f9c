//! Makes server and client of `orders.proto`. protox reads it in place of `protoc`, which need not be installed.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=orders.proto");
    let files = protox::compile(["orders.proto"], ["."])?;
    tonic_prost_build::configure().compile_fds(files)?;
    Ok(())
}
