//! The tenant that a function with tenant isolation is invoked for.

use std::{fmt, ops::Deref, sync::Arc};

use http::{HeaderMap, HeaderName};

use crate::CallContext;

/// The id of a tenant, as AWS Lambda takes it: 1 to 256 letters, digits, spaces and `. : / = + - @ _`, without a space
/// at either end, where HTTP would lose it.
///
/// See [Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html) in AWS's documentation. A clone copies
/// no text, and `Debug` does not show it: it can be a package key.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use lambda_sidecar::TenantId;
///
/// assert_eq!(&*TenantId::new("Acme Inc. 1").unwrap(), "Acme Inc. 1");
/// for text in ["", " a", "a,b", "é", &"a".repeat(257)] {
///     assert!(TenantId::new(text).is_none(), "{text}");
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// The tenant of this id; none if Lambda does not take the text.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || b" .:/=+-@_".contains(&byte);
        let has_length = (1..=256).contains(&text.len());
        (has_length && text.trim() == text && text.bytes().all(is_taken)).then(|| Self(text.into()))
    }
}

impl Deref for TenantId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TenantId").finish_non_exhaustive()
    }
}

/// What names the tenant of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TenantSource {
    PackageKey,
    Eav(String),
    PackageKeyEav(String),
    Header(HeaderName),
    /// The same for every call.
    Value(TenantId),
}

impl TenantSource {
    /// Reads the text of the key `tenant-id`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        let name =
            || (!rest.is_empty() && !rest.contains(char::is_control)).then(|| rest.to_owned());
        match &*word.to_ascii_lowercase() {
            "packagekey" if rest.is_empty() => Some(Self::PackageKey),
            "eav" => name().map(Self::Eav),
            "packagekey-eav" => name().map(Self::PackageKeyEav),
            "header" => HeaderName::from_bytes(rest.as_bytes())
                .ok()
                .map(Self::Header),
            "value" => TenantId::new(rest).map(Self::Value),
            _ => None,
        }
    }

    /// The tenant of a call; none if there is none, or no text that Lambda takes. A header that comes twice names no
    /// tenant: which of the two is meant would be the client's to say.
    pub(crate) fn tenant(&self, context: &CallContext, headers: &HeaderMap) -> Option<TenantId> {
        let text = match self {
            Self::Value(tenant) => return Some(tenant.clone()),
            Self::PackageKey => &*context.package_key.as_ref()?.key,
            Self::Eav(name) => context.application.as_ref()?.eavs.get(name)?,
            Self::PackageKeyEav(name) => context.package_key.as_ref()?.eavs.get(name)?,
            Self::Header(name) => {
                let mut lines = headers.get_all(name).iter();
                let (first, second) = (lines.next(), lines.next());
                first.filter(|_| second.is_none())?.to_str().ok()?
            }
        };
        TenantId::new(text)
    }
}

/// As the key `tenant-id` says it.
impl fmt::Display for TenantSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PackageKey => f.write_str("packageKey"),
            Self::Eav(name) => write!(f, "eav {name}"),
            Self::PackageKeyEav(name) => write!(f, "packageKey-eav {name}"),
            Self::Header(name) => write!(f, "header {name}"),
            Self::Value(tenant) => write!(f, "value {}", &**tenant),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::{Application, PackageKey};

    #[test]
    fn what_is_read_is_printed_alike() {
        for text in [
            "packageKey",
            "eav tenant of acme",
            "packageKey-eav tenant",
            "header x-tenant",
            "value Acme Inc. 1:2/3=4+5-6@7_8",
        ] {
            assert_eq!(TenantSource::read(text).unwrap().to_string(), text);
        }
        for (written, printed) in [
            ("PACKAGEKEY", "packageKey"),
            ("Header   X-Tenant", "header x-tenant"),
            ("value\tacme", "value acme"),
        ] {
            assert_eq!(TenantSource::read(written).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn what_names_no_tenant_cannot_be_read() {
        for text in [
            "",
            "eav",
            "header",
            "value",
            "packageKey x",
            "packageKey-eav",
            "header a b",
            "header a:b",
            "value a,b",
            "tenant",
            "x-tenant",
        ] {
            assert_eq!(TenantSource::read(text), None, "{text}");
        }
    }

    fn tenant(source: &str, context: &CallContext, headers: &HeaderMap) -> Option<String> {
        let source = TenantSource::read(source).unwrap();
        source
            .tenant(context, headers)
            .map(|tenant| tenant.to_string())
    }

    #[test]
    fn a_tenant_is_what_its_source_holds_for_the_call() {
        let context = CallContext::new()
            .application(Arc::new(Application::new([
                ("tenant", "a"),
                ("odd", "a,b"),
                ("blank", " "),
            ])))
            .package_key(Arc::new(PackageKey::new("key", [("tenant", "p")])));
        let nobody = CallContext::new();
        let headers = HeaderMap::new();
        for (source, expected) in [
            ("packageKey", Some("key")),
            ("eav tenant", Some("a")),
            ("eav odd", None),
            ("eav blank", None),
            ("eav Tenant", None),
            ("packageKey-eav tenant", Some("p")),
            ("header x-tenant", None),
        ] {
            assert_eq!(
                tenant(source, &context, &headers).as_deref(),
                expected,
                "{source}"
            );
            assert_eq!(tenant(source, &nobody, &headers), None, "{source}");
        }
        assert_eq!(tenant("value v", &nobody, &headers).as_deref(), Some("v"));
    }

    #[test]
    fn a_header_names_a_tenant_if_it_comes_once() {
        let mut headers = HeaderMap::new();
        let context = CallContext::new();
        headers.append("x-tenant", HeaderValue::from_static("a"));
        assert_eq!(
            tenant("header x-tenant", &context, &headers).as_deref(),
            Some("a")
        );
        headers.append("x-tenant", HeaderValue::from_static("a"));
        assert_eq!(tenant("header x-tenant", &context, &headers), None);
        headers.insert("x-tenant", HeaderValue::from_bytes(b"a\xe9").unwrap());
        assert_eq!(tenant("header x-tenant", &context, &headers), None);
    }
}
