//! Reading what a Terminate and a Modify have in common beside headers: a body and a status.

use bytes::Bytes;
use http::StatusCode;
use serde_json::value::RawValue;

use super::{
    content::VerdictBody,
    json::KnownMembers,
    members::{BASE64_ENCODED, JSON, MemberPath, PAYLOAD, Part},
    wrong::{AnswerFault, string, wrong_type},
};

/// The body: `json` before `payload`. What the one that wins makes void is not checked.
pub(super) fn content<const N: usize>(
    part: Part,
    answer: &Bytes,
    members: &KnownMembers<'_, '_, N>,
) -> Result<Option<VerdictBody>, AnswerFault> {
    if let Some(json) = members.first(&JSON)? {
        let json = answer.slice_ref(json.get().as_bytes());
        return Ok(Some(VerdictBody::Json(json)));
    }
    let Some(payload) = members.first(&PAYLOAD)? else {
        return Ok(None);
    };
    let base64 = members.first(&BASE64_ENCODED)?;
    let of = part.path(&PAYLOAD);
    let text = string(of, payload)?;
    let encoded = match base64.map(RawValue::get) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(wrong_type(part.path(&BASE64_ENCODED), "true or false")),
    };
    if !encoded {
        return Ok(Some(VerdictBody::Text(text.into())));
    }
    base64_simd::STANDARD
        .decode_to_vec(text)
        .map(|bytes| Some(VerdictBody::Binary(bytes.into())))
        .map_err(|_| format!("`{of}` is no base64").into())
}

pub(super) fn status(of: MemberPath, code: &RawValue) -> Result<StatusCode, AnswerFault> {
    // A library that knows floating-point numbers only writes 403 as 403.0.
    let number: f64 =
        serde_json::from_str(code.get()).map_err(|_| wrong_type(of, "a number from 200 to 599"))?;
    if number.fract() != 0.0 || !(200.0..=599.0).contains(&number) {
        return Err(wrong_type(of, "a number from 200 to 599"));
    }
    StatusCode::from_u16(number as u16).map_err(|_| wrong_type(of, "a number from 200 to 599"))
}
