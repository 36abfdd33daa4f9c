//! The report for people.

use std::fmt::Write;

use http::{StatusCode, Uri};
use lambda_sidecar::Decision;
use serde_json::value::RawValue;

use super::{
    json,
    report::{Report, ReportBody, ToBackend, ToClient},
    sidecar_report::{FunctionAnswer, SidecarReport},
};

/// The report, without a line end at its end.
pub(super) fn of(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_all(&mut out, report);
    out.truncate(out.trim_end().len());
    out
}

fn write_all(out: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(out, "endpoint {}\n", report.endpoint)?;
    for (at, receipt) in report.sidecars.iter().enumerate() {
        write_receipt(out, at + 1, receipt)?;
    }
    if let Some(request) = &report.request {
        write_request(out, request)?;
    }
    if let Some(response) = &report.response {
        write_response(out, response)?;
    }
    if report.response_half_left_out {
        writeln!(
            out,
            "post sidecars: not asked, for there is no `--response FILE` with the backend's answer"
        )?;
    }
    Ok(())
}

fn write_receipt(out: &mut String, number: usize, receipt: &SidecarReport) -> std::fmt::Result {
    write_head(out, number, receipt)?;
    if let Some(envelope) = &receipt.envelope {
        writeln!(out, "envelope:\n{}", indented(envelope))?;
    }
    if let Some(answer) = &receipt.answer {
        write_said(out, "answer", answer)?;
    }
    match &receipt.failure {
        Some(failure) => {
            let goes_on = match failure.action {
                "forward" => "the call goes on unmodified",
                _ => "the call fails",
            };
            writeln!(
                out,
                "failure: {} ({}), {goes_on}",
                failure.class, failure.reason
            )?;
        }
        None => writeln!(out, "decision: {}", receipt.decision)?,
    }
    if let Some(verdict) = receipt.verdict.as_ref().filter(|json| json.get() != "{}") {
        writeln!(out, "{}", indented(verdict))?;
    }
    write_relay(out, &receipt.relay)?;
    if let Some(error) = receipt.error {
        writeln!(out, "error: {error}")?;
    }
    if !receipt.refused_headers.is_empty() {
        let names = receipt.refused_headers.join(", ");
        writeln!(out, "refused headers: {names}")?;
    }
    if let Some(latency) = receipt.latency_ms {
        let start = if receipt.latency_with_start {
            ", with the start of the program"
        } else {
            ""
        };
        writeln!(out, "latency: {latency:.1} ms{start}")?;
    }
    if let Some(later) = &receipt.later {
        write_said(out, "answer that nobody waited for", later)?;
    }
    writeln!(out)
}

fn write_head(out: &mut String, number: usize, receipt: &SidecarReport) -> std::fmt::Result {
    write!(out, "{number}. {} {}", receipt.point, receipt.function)?;
    match receipt.synchronicity {
        Some(synchronicity) => writeln!(out, " ({synchronicity})"),
        None if receipt.decision == Decision::Skipped.as_str() => {
            writeln!(out, "\nnot in its scope")
        }
        None => writeln!(out, "\nnot asked"),
    }
}

/// A name is any text, and must not look like a line of its own.
fn write_relay(out: &mut String, names: &[String]) -> std::fmt::Result {
    if names.is_empty() {
        return Ok(());
    }
    let names = names.iter().map(|name| name.escape_debug().to_string());
    writeln!(out, "relays: {}", names.collect::<Vec<_>>().join(", "))
}

fn write_said(out: &mut String, what: &str, said: &FunctionAnswer) -> std::fmt::Result {
    write!(out, "{what}: status {}", said.status)?;
    if let Some(error) = &said.function_error {
        write!(out, ", function error {error}")?;
    }
    writeln!(out)?;
    match (&said.payload, &said.text) {
        (Some(payload), _) => writeln!(out, "{}", indented(payload)),
        (None, Some(text)) => writeln!(out, "  {text}"),
        (None, None) => Ok(()),
    }
}

fn indented(json: &RawValue) -> String {
    let lines = json::pretty(json.get());
    let lines: Vec<String> = lines.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}

fn write_request(out: &mut String, request: &ToBackend) -> std::fmt::Result {
    let uri: Option<Uri> = request.uri.parse().ok();
    let target = uri.as_ref().and_then(Uri::path_and_query);
    let target = target.map_or("/", |target| target.as_str());
    writeln!(out, "to the backend, {}:\n", request.uri)?;
    writeln!(out, "{} {target} HTTP/1.1", request.method)?;
    write_rest(out, &request.headers, &request.body)
}

fn write_response(out: &mut String, response: &ToClient) -> std::fmt::Result {
    let status = StatusCode::from_u16(response.status).ok();
    let reason = status
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default();
    writeln!(out, "to the client:\n")?;
    writeln!(out, "HTTP/1.1 {} {reason}", response.status)?;
    write_rest(out, &response.headers, &response.body)
}

fn write_rest(
    out: &mut String,
    headers: &[(String, String)],
    body: &ReportBody,
) -> std::fmt::Result {
    for (name, value) in headers {
        writeln!(out, "{name}: {value}")?;
    }
    match body {
        ReportBody::Body(text) if text.is_empty() => {}
        ReportBody::Body(text) => writeln!(out, "\n{}", text.trim_end())?,
        ReportBody::BodyBase64(base64) => writeln!(out, "\n(no text; as base64) {base64}")?,
    }
    writeln!(out)
}
