//! What the environment says: empty is unset, and what cannot be used keeps the gateway from starting.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Command,
};

use lambda_sidecar_test_support::{
    scripted::{Answer, Leg, Reply, ScriptedAws},
    tls::Tls,
};

use crate::{
    backend::Server,
    client::get,
    process::{Folder, Gateway, TRANSPORTS, config, over, program, sidecar},
};

const SECRET: &str = "s3cr3t";

fn run(folder: &Folder) -> Command {
    let file = folder.file(&config("127.0.0.1:9", &sidecar("pre", "f")));
    let mut command = program();
    command.arg("run").arg("--config").arg(file);
    command
}

/// Ends with 3, and with a reason that has these words and no secret.
fn is_refused(mut command: Command, words: &[&str]) {
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    // One that starts says so, and would not end.
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    if !line.is_empty() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), &*line),
        (Some(3), ""),
        "{words:?}\n{err}"
    );
    for word in words {
        assert!(err.contains(word), "{word}\n{err}");
    }
    assert!(!err.contains(SECRET) && !err.contains("panicked"), "{err}");
}

#[test]
fn a_variable_that_cannot_be_used_keeps_the_gateway_from_starting() {
    let folder = Folder::new();
    let empty = folder.path("empty.pem");
    fs::write(&empty, "").unwrap();
    let key = folder.path("key.pem");
    fs::write(&key, format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n")).unwrap();
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    for (name, value) in [
        ("AWS_ENDPOINT_URL", "http://user:s3cr3t@h:99999".to_owned()),
        (
            "AWS_ENDPOINT_URL_LAMBDA",
            "http://user:s3cr3t@h:abc".to_owned(),
        ),
        ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1/%zz".to_owned()),
        (
            "AWS_ENDPOINT_URL_SSM",
            "http://127.0.0.1/?token=s3cr3t".to_owned(),
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://u:s3cr3t@h/".to_owned(),
        ),
        ("AWS_CA_BUNDLE", "/nowhere/ca.pem".to_owned()),
        ("AWS_CA_BUNDLE", path(&empty)),
        ("SSL_CERT_FILE", path(&key)),
        ("AWS_DEFAULTS_MODE", "zz".to_owned()),
        ("AWS_RETRY_MODE", SECRET.to_owned()),
        ("AWS_MAX_ATTEMPTS", "0".to_owned()),
        ("AWS_USE_FIPS_ENDPOINT", "maybe".to_owned()),
        ("AWS_PROFILE", SECRET.to_owned()),
        ("HTTP_PROXY", "user:s3cr3t@127.0.0.1:xx".to_owned()),
        ("https_proxy", "http://user:s3cr3t@h:99999".to_owned()),
        ("ALL_PROXY", "socks5://user:s3cr3t@h".to_owned()),
        ("SMITHY_CLIENT_SDK_CUSTOM_PARTITION", "/nowhere".to_owned()),
    ] {
        let mut command = run(&folder);
        command.env(name, value);
        is_refused(command, &[name]);
    }
}

#[test]
fn a_profile_that_cannot_be_used_keeps_the_gateway_from_starting() {
    let folder = Folder::new();
    for (lines, words) in [
        (
            "max_attempts = 0",
            ["`max_attempts` of the profile `default`", "whole number"],
        ),
        (
            "retry_mode = s3cr3t",
            ["`retry_mode` of the profile `default`", "`standard`"],
        ),
        (
            "endpoint_url = http://u:s3cr3t@h:99999",
            ["`endpoint_url`", "http://HOST:PORT"],
        ),
        ("region = a b", ["`region`", "name of a region"]),
        (
            "s3cr3t without an equals sign",
            ["on line 2", "Expected an '=' sign"],
        ),
        (
            "services = s\n[services s]\nlambda =\n  endpoint_url = http://u:s3cr3t@h:99999",
            ["`endpoint_url` of Lambda", "http://HOST:PORT"],
        ),
    ] {
        let profiles = folder.path("profiles");
        fs::write(&profiles, format!("[default]\n{lines}\n")).unwrap();
        let mut command = run(&folder);
        command.env_remove("AWS_REGION");
        command.env("AWS_CONFIG_FILE", profiles);
        is_refused(command, &words);
    }
}

#[test]
fn a_number_of_threads_that_cannot_be_used_keeps_every_command_from_running() {
    let folder = Folder::new();
    let file = folder.file(&config("127.0.0.1:9", ""));
    let file = file.to_str().unwrap();
    let ask = ["ask", "--config", file, "--endpoint", "/my", "/my"];
    for arguments in [&["run", "--config", file][..], &["demo"], &ask] {
        for value in ["0", "x", "-1", "1025", "99999999999999999999"] {
            let mut command = program();
            command.args(arguments).env("TOKIO_WORKER_THREADS", value);
            let found = format!("TOKIO_WORKER_THREADS: found `{value}`");
            is_refused(command, &[&found, "allowed: a whole number from 1 to 1024"]);
        }
    }
}

#[test]
fn a_log_filter_that_cannot_be_read_keeps_the_gateway_from_starting() {
    let folder = Folder::new();
    let mut command = run(&folder);
    command.env("RUST_LOG", "lambda_sidecar=loud");
    is_refused(command, &["RUST_LOG", "info,access=off"]);
}

#[test]
fn empty_variables_and_keys_are_unset_and_stacks_have_the_size_they_need() {
    let backend = Server::echoing_paths();
    let aws = ScriptedAws::start();
    let url = aws.endpoint();
    let folder = Folder::new();
    let profiles = folder.path("profiles");
    let keys = "region =\nmax_attempts =\nretry_mode =\nendpoint_url =\nuse_fips_endpoint =";
    fs::write(&profiles, format!("[default]\n{keys}\n")).unwrap();
    let empty = [
        "AWS_REGION",
        "AWS_ENDPOINT_URL_LAMBDA",
        "AWS_MAX_ATTEMPTS",
        "AWS_PROFILE",
        "AWS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "HTTP_PROXY",
        "RUST_LOG",
        "TOKIO_WORKER_THREADS",
        "SMITHY_CLIENT_SDK_CUSTOM_PARTITION",
    ];
    let mut environment: Vec<_> = empty.into_iter().map(|name| (name, "")).collect();
    environment.push(("AWS_ENDPOINT_URL", &url));
    environment.push(("AWS_CONFIG_FILE", profiles.to_str().unwrap()));
    environment.push(("RUST_MIN_STACK", "18446744073709551615"));
    for transport in TRANSPORTS {
        let file = over(transport, &config(&backend.address, &sidecar("pre", "f")));
        let gateway = Gateway::run_with(&file, &environment);
        assert_eq!(get(&gateway.address, "/my/op").1, "/backend/op");
    }
    assert_eq!(aws.count(Leg::Lambda), 2);
}

#[test]
fn a_good_file_of_certificates_and_one_thread_are_taken() {
    let folder = Folder::new();
    let certificate = folder.path("ca.pem");
    fs::write(&certificate, Tls::new(&[]).certificate).unwrap();
    let certificate = certificate.to_str().unwrap();
    let file = config("127.0.0.1:9", &sidecar("pre", "f"));
    let environment = [
        ("AWS_CA_BUNDLE", certificate),
        ("TOKIO_WORKER_THREADS", "1"),
        ("HTTPS_PROXY", "http://user:s3cr3t@127.0.0.1:9"),
    ];
    let mut gateway = Gateway::run_with(&file, &environment);
    gateway.wait_for("AWS_CA_BUNDLE is not read");
}

/// What is logged at every level of a call whose credentials come of these lines of a profile.
fn logged(transport: &str, profile: &str, environment: &[(&str, &str)]) -> String {
    let folder = Folder::new();
    let profiles = folder.path("profiles");
    fs::write(&profiles, profile).unwrap();
    let aws = ScriptedAws::start();
    let echo = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::123456789012:user/s3cr3t is \
                not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/r</Message></Error>\
                </ErrorResponse>";
    let echo = Answer::new(403, echo).header("content-type", "text/xml");
    aws.script(Leg::Sts, [Reply::answer(&echo)]);
    let url = aws.endpoint();
    let mut all = vec![
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("PATH", "/usr/bin:/bin"),
        ("AWS_CONFIG_FILE", profiles.to_str().unwrap()),
        ("AWS_ENDPOINT_URL", &url),
        ("RUST_LOG", "trace"),
    ];
    all.extend(environment);
    let file = over(transport, &config("127.0.0.1:9", &sidecar("pre", "f")));
    let mut gateway = Gateway::run_with(&file, &all);
    assert_ne!(get(&gateway.address, "/my/op").0.status(), 200);
    // The last line of a call.
    gateway.wait_for("access: ");
    gateway.log.join("\n")
}

#[test]
fn no_log_line_shows_what_credentials_come_of() {
    for transport in TRANSPORTS {
        for (profile, environment, said) in [
            (
                "[default]\ncredential_process = echo s3cr3t >&2; exit 7",
                None,
                "exit status: 7",
            ),
            (
                "[default]\ncredential_process = echo '{\"Version\": 1, \"SecretAccessKey\": \"s3cr3t\"'",
                None,
                "could not parse response",
            ),
            (
                "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nexternal_id = s3cr3t\n\
                 source_profile = b\n[profile b]\naws_access_key_id = A\naws_secret_access_key = s3cr3t",
                None,
                "AccessDenied",
            ),
            (
                "",
                Some((
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                    "http://203.0.113.1/?token=s3cr3t",
                )),
                "URI did not refer to an allowed IP address",
            ),
        ] {
            let environment: Vec<_> = environment.into_iter().collect();
            let log = logged(transport, profile, &environment);
            assert!(log.contains(said), "{said}\n{log}");
            assert!(!log.contains(SECRET), "{log}");
            assert!(!log.contains("aws_config"), "{log}");
        }
    }
}
