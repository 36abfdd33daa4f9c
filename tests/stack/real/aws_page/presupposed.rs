//! What an administrator does beside the page.

use lambda_sidecar_tests::real::StandIn;
use serde_json::{Value, json};

use super::walk::Places;

/// What is there before the page begins, and what is changed after it has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Presupposed {
    pub(crate) aws: &'static StandIn,
    pub(crate) places: Places,
}

impl Presupposed {
    fn administer(&self, account: &str, service: &str, call: &str, arguments: &Value) -> Value {
        let place = (account, self.places.region);
        self.aws.administer_in(place, service, call, arguments)
    }

    /// A role of the process's account that may do nothing.
    pub(crate) fn role(&self, name: &str) {
        let account = self.places.process;
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
            "Action": "sts:AssumeRole",
        }] });
        let role = json!({ "RoleName": name, "AssumeRolePolicyDocument": trust.to_string() });
        self.administer(account, "iam", "create_role", &role);
    }

    /// The function `authz`, which allows. It has run once, so that the page's timeout is enough on any machine.
    pub(crate) fn function(&self) {
        let account = self.places.function;
        let program = env!("CARGO_BIN_EXE_sidecar-function").replace('\'', r"'\''");
        let bootstrap = format!("#!/bin/sh\nexec '{program}'\n");
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "lambda.amazonaws.com" },
            "Action": "sts:AssumeRole",
        }] });
        let role =
            json!({ "RoleName": "execution", "AssumeRolePolicyDocument": trust.to_string() });
        self.administer(account, "iam", "create_role", &role);
        let function = json!({
            "FunctionName": "authz",
            "Runtime": "provided.al2023",
            "Handler": "app.handler",
            "Role": format!("arn:aws:iam::{account}:role/execution"),
            "Code": { "ZipFile": { "zip": { "bootstrap": bootstrap } } },
            "Timeout": 30,
        });
        self.administer(account, "lambda", "create_function", &function);
        let call = json!({ "FunctionName": "authz", "Payload": "{}" });
        self.administer(account, "lambda", "invoke", &call);
    }

    pub(crate) fn alias(&self) {
        let account = self.places.function;
        let version = json!({ "FunctionName": "authz" });
        let version = self.administer(account, "lambda", "publish_version", &version);
        let alias = json!({
            "FunctionName": "authz", "Name": "prod", "FunctionVersion": version["Version"],
        });
        self.administer(account, "lambda", "create_alias", &alias);
        let call = json!({ "FunctionName": "authz:prod", "Payload": "{}" });
        self.administer(account, "lambda", "invoke", &call);
    }

    pub(crate) fn put_role_policy(&self, account: &str, role: &str, name: &str, policy: &Value) {
        let policy = policy.to_string();
        let arguments = json!({ "RoleName": role, "PolicyName": name, "PolicyDocument": policy });
        self.administer(account, "iam", "put_role_policy", &arguments);
    }

    pub(crate) fn delete_role_policy(&self, account: &str, role: &str, name: &str) {
        let arguments = json!({ "RoleName": role, "PolicyName": name });
        self.administer(account, "iam", "delete_role_policy", &arguments);
    }

    /// MiniStack has the statements of a function and its aliases in one list, so that no two have the same id.
    pub(crate) fn remove_permission(&self, statement: &str) {
        let arguments = json!({ "FunctionName": "authz", "StatementId": statement });
        self.administer(
            self.places.function,
            "lambda",
            "remove_permission",
            &arguments,
        );
    }

    pub(crate) fn put_parameter(&self, value: &str) {
        let arguments = json!({
            "Name": "/sidecar/external-id", "Value": value, "Type": "SecureString", "Overwrite": true,
        });
        self.administer(self.places.process, "ssm", "put_parameter", &arguments);
    }

    pub(crate) fn delete_parameter(&self) {
        let arguments = json!({ "Name": "/sidecar/external-id" });
        self.administer(self.places.process, "ssm", "delete_parameter", &arguments);
    }
}
