//! A client of the orders: `orders-client URL get|watch ID [USER]`.

use std::{env, error::Error};

use tonic::{Request, Status};

use self::orders::{Order, State, orders_client::OrdersClient};

#[allow(warnings, reason = "generated, and the server in it is not used here")]
mod orders {
    tonic::include_proto!("orders");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, method, id, user @ ..] = arguments.as_slice() else {
        return Err("usage: orders-client URL get|watch ID [USER]".into());
    };
    let mut request = Request::new(Order { id: id.parse()? });
    if let [user] = user {
        let token = format!("Bearer {user}").parse()?;
        request.metadata_mut().insert("authorization", token);
    }
    let client = OrdersClient::connect(url.clone()).await?;
    if let Err(status) = ask(client, method, request).await {
        println!("{:?}: {}", status.code(), status.message());
        for name in ["x-sidecar-error", "refund"] {
            if let Some(value) = status.metadata().get(name) {
                println!("{name}: {}", value.to_str()?);
            }
        }
    }
    Ok(())
}

async fn ask(
    mut client: OrdersClient<tonic::transport::Channel>,
    method: &str,
    request: Request<Order>,
) -> Result<(), Status> {
    if method == "get" {
        print(&client.get(request).await?.into_inner());
        return Ok(());
    }
    let mut states = client.watch(request).await?.into_inner();
    while let Some(state) = states.message().await? {
        print(&state);
    }
    println!("that was all");
    Ok(())
}

fn print(state: &State) {
    println!(
        "order {}: {} ({} is told)",
        state.order, state.name, state.told_to
    );
}
