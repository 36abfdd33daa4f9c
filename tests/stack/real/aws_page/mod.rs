//! The page on permissions, `docs/aws.md`, done block for block against MiniStack, which evaluates the policies: what
//! the page gives is enough, nothing works before, and each part of it is needed.

mod presupposed;
mod process;
mod shell;
mod walk;

use lambda_sidecar_test_support::page::Page;
use lambda_sidecar_tests::real::{self, StandIn};
use serde_json::Value;

use self::{
    presupposed::Presupposed,
    process::{Process, Table},
    walk::{Places, Walk},
};

/// What the page writes.
const PAGE: Places = Places {
    process: "111111111111",
    function: "222222222222",
    region: "eu-west-1",
};
/// An account that no other test has anything in.
const ONE_ACCOUNT: &str = "333333333333";

fn aws() -> Option<&'static StandIn> {
    let function = env!("CARGO_BIN_EXE_sidecar-function");
    real::ministack(function, env!("CARGO_TARGET_TMPDIR"))
}

/// MiniStack looks for a function in the caller's account alone. So this way is gone in one account, and not shown is
/// that in two both sides have to allow.
#[tokio::test]
async fn as_itself_a_process_may_call_after_the_pages_first_step() {
    let Some(aws) = aws() else { return };
    let mut page = Page::read("aws.md").expect("the page is there");
    for account in [PAGE.process, PAGE.function] {
        page.text = page.text.replace(account, ONE_ACCOUNT);
    }
    let places = Places {
        process: ONE_ACCOUNT,
        function: ONE_ACCOUNT,
        ..PAGE
    };
    let presupposed = Presupposed { aws, places };
    presupposed.role("api");
    presupposed.function();
    presupposed.alias();
    let process = Process::with_role(aws, ONE_ACCOUNT, PAGE.region, "api");
    let refused = Table::of(&page).row("AccessDeniedException of Invoke");
    let inputs = inputs_as_itself(&page);
    let inputs_of_alias = inputs.replace("function:authz", "function:authz:prod");
    let mut walk = Walk::begin(aws, page, places, "as-itself");

    process.is_refused(&inputs, &refused).await;
    // The role is there: one that this process may assume, and no machine of EC2.
    walk.leave_out("aws iam create-role --role-name api");
    walk.run("aws iam put-role-policy --role-name api");
    process.is_allowed(&inputs).await;
    process.is_allowed(&inputs_of_alias).await;

    // The resource's second line is for aliases, and for nothing else.
    let mut policy = walk.json("invoke.json");
    let lines = policy["Statement"][0]["Resource"].as_array_mut();
    lines.expect("there are two").pop();
    presupposed.put_role_policy(places.process, "api", "ask-authz", &policy);
    process.is_allowed(&inputs).await;
    process.is_refused(&inputs_of_alias, &refused).await;

    // In one account the function's own permission is enough, so that it can be seen to name the right things.
    presupposed.delete_role_policy(places.process, "api", "ask-authz");
    process.is_refused(&inputs, &refused).await;
    walk.run("aws lambda add-permission");
    process.is_allowed(&inputs).await;
    process.is_refused(&inputs_of_alias, &refused).await;
    presupposed.role("another");
    let another = Process::with_role(aws, ONE_ACCOUNT, PAGE.region, "another");
    another.is_refused(&inputs, &refused).await;

    // An alias has permissions of its own.
    presupposed.remove_permission("sidecar-of-api");
    walk.again("--qualifier prod");
    process.is_allowed(&inputs_of_alias).await;
    process.is_refused(&inputs, &refused).await;
}

/// The page as it stands, in its two accounts.
#[tokio::test]
async fn through_a_role_a_process_may_call_after_the_pages_last_step() {
    let Some(aws) = aws() else { return };
    let page = Page::read("aws.md").expect("the page is there");
    let presupposed = Presupposed { aws, places: PAGE };
    presupposed.role("api");
    presupposed.role("another");
    presupposed.function();
    let process = Process::with_role(aws, PAGE.process, PAGE.region, "api");
    let mut table = Table::of(&page);
    let no_parameter = table.row("AccessDeniedException of GetParameter");
    let no_role = table.row("AccessDenied of AssumeRole");
    let inputs = inputs_through_role(&page);
    let mut walk = Walk::begin(aws, page, PAGE, "through-role");

    // What is for the other way only.
    walk.leave_out("aws iam create-role --role-name api");
    walk.leave_out("aws iam put-role-policy --role-name api");
    walk.leave_out("aws lambda add-permission");
    process.is_refused(&inputs, &no_parameter).await;
    walk.run("aws iam create-role --role-name sidecar");
    process.is_refused(&inputs, &no_parameter).await;
    walk.run("aws ssm put-parameter");
    process.is_refused(&inputs, &no_parameter).await;
    walk.run("aws iam put-role-policy --role-name api");
    process.is_allowed(&inputs).await;

    // Each statement of the process's policy is needed.
    let policy = walk.json("ask-through-role.json");
    let put = |policy: &Value| {
        presupposed.put_role_policy(PAGE.process, "api", "ask-through-role", policy)
    };
    put(&without(&policy, "sts:AssumeRole"));
    process.is_refused(&inputs, &no_role).await;
    put(&without(&policy, "ssm:GetParameter"));
    process.is_refused(&inputs, &no_parameter).await;
    put(&policy);

    // Another role with the same policy is not the one that the trust policy names.
    let another = Process::with_role(aws, PAGE.process, PAGE.region, "another");
    presupposed.put_role_policy(PAGE.process, "another", "ask-through-role", &policy);
    another.is_refused(&inputs, &no_role).await;

    // The role needs its own policy, and the process the right external id.
    process.is_allowed(&inputs).await;
    presupposed.delete_role_policy(PAGE.function, "sidecar", "ask-authz");
    let no_function = table.row("AccessDeniedException of Invoke");
    process.is_refused(&inputs, &no_function).await;
    presupposed.put_parameter("another-external-id");
    process.is_refused(&inputs, &no_role).await;
    presupposed.delete_parameter();
    let nothing_there = table.row("ParameterNotFound");
    process.is_refused(&inputs, &nothing_there).await;

    table.is_met();
    walk.ends();
}

/// The inputs that the page shows.
fn inputs_through_role(page: &Page) -> String {
    let mut blocks = page.blocks().into_iter();
    let block = blocks.find(|block| block.info == "inputs,pre");
    block.expect("the page has inputs").text
}

/// The same with the inputs that the page's first table has for the other way.
fn inputs_as_itself(page: &Page) -> String {
    let of_role = [
        "roleARN",
        "externalIdKey",
        "sessionName",
        "expirationDuration",
    ];
    let inputs = inputs_through_role(page);
    let lines = inputs.lines();
    let kept = lines.filter(|line| !of_role.iter().any(|key| line.starts_with(key)));
    kept.chain(["useAssumeRole: false"])
        .map(|line| format!("{line}\n"))
        .collect()
}

fn without(policy: &Value, action: &str) -> Value {
    let mut policy = policy.clone();
    let statements = policy["Statement"].as_array_mut();
    let statements = statements.expect("it has statements");
    let before = statements.len();
    statements.retain(|statement| statement["Action"] != action);
    assert_eq!(statements.len(), before - 1, "{action}");
    policy
}
