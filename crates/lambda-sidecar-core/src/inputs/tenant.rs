//! Checks the keys of AWS Lambda's tenants and durable executions.

use super::{
    draft::Draft, error::InputsProblem, keys::InputsKey, problems::InputsProblems, values,
};
use crate::{
    Synchronicity,
    sidecar::{Sidecar, TenantSource},
};

/// What names the tenant of a call, if the draft says something.
pub(super) fn tenant(draft: &Draft, problems: &mut InputsProblems) -> Option<Box<TenantSource>> {
    let text = draft.texts.get(&InputsKey::TenantId)?;
    let read = TenantSource::read(text);
    problems
        .value(InputsKey::TenantId, text, read)
        .map(Box::new)
}

/// Whether each event is a durable execution with a name.
pub(super) fn durable_execution(draft: &Draft, problems: &mut InputsProblems) -> bool {
    let key = InputsKey::DurableExecution;
    let Some(text) = draft.texts.get(&key) else {
        return false;
    };
    let is_durable = problems.value(key, text, values::boolean(text)) == Some(true);
    if is_durable && draft.handling.synchronicity != Synchronicity::Event {
        problems.note(key.misplaced("without `synchronicity: event`", "beside it"));
    }
    // arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]
    let arn = draft.texts.get(&InputsKey::FunctionArn);
    let has_qualifier = arn.is_some_and(|arn| arn.split(':').nth(7).is_some());
    if is_durable && arn.is_some_and(|arn| !arn.is_empty()) && !has_qualifier {
        let found = "for a function without a version or alias";
        problems.note(key.misplaced(found, "beside a `functionARN` that ends in :QUALIFIER"));
    }
    is_durable
}

impl Sidecar {
    /// Headers that a sidecar of the route owns although another one reads the tenant from them, each under the key
    /// that owns it: they would be removed before they are read, and every call refused.
    ///
    /// ```
    /// use lambda_sidecar_core::Sidecar;
    ///
    /// let aws = "region: us-east-1
    ///     functionARN: arn:aws:lambda:us-east-1:123456789012:function:authz
    ///     useAssumeRole: false";
    /// let reads = Sidecar::post(&format!("{aws}\ntenant-id: header x-tenant"))?;
    /// let owns = Sidecar::pre(&format!("{aws}\nown-request-headers: X_Tenant"))?;
    /// let problems = owns.tenant_problems(&[&owns, &reads]);
    /// assert_eq!(problems[0].key(), Some("own-request-headers"));
    /// # Ok::<(), lambda_sidecar_core::InputsError>(())
    /// ```
    #[must_use]
    pub fn tenant_problems(&self, route: &[&Self]) -> Vec<InputsProblem> {
        let Some(owned) = self.owned_at(crate::Point::PreProcessor) else {
            return Vec::new();
        };
        let names = route
            .iter()
            .filter_map(|half| match half.tenant.as_deref() {
                Some(TenantSource::Header(name)) if owned.owns(name.as_str()) => {
                    Some(name.as_str())
                }
                _ => None,
            });
        let problem = |name| {
            let allowed = "a header that no sidecar of the endpoint has in `tenant-id: header`";
            InputsKey::OwnRequestHeaders.problem_but(name, allowed)
        };
        names.map(problem).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Point, Sidecar, Synchronicity,
        inputs::fixtures::{FUNCTION, builder, pre, problems_of, shown, with},
    };

    #[test]
    fn a_tenant_is_read_and_printed() {
        let sidecar = pre("Tenant-ID: Header X-Tenant");
        assert!(sidecar.sends_tenant());
        assert_eq!(sidecar.to_string(), with("tenant-id: header x-tenant\n"));
        let built = builder(Point::PreProcessor).tenant_id("header x-tenant");
        assert_eq!(built.build().unwrap(), sidecar);
        assert!(!pre("").sends_tenant());
    }

    #[test]
    fn a_tenant_that_cannot_be_read_is_a_problem() {
        for wrong in ["", "x-tenant", "value a,b", "header", "eav"] {
            let problems = problems_of(&format!("tenant-id: {wrong}"));
            let start = format!("line 4, key `tenant-id`: found `{wrong}`, allowed: packageKey, ");
            assert!(
                problems.len() == 1 && problems[0].starts_with(&start),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn a_durable_execution_is_an_event_for_a_version_or_alias() {
        let text = format!(
            "region: us-east-1\nfunctionARN: {FUNCTION}:live\nuseAssumeRole: false\n\
             synchronicity: event\ndurable-execution: true"
        );
        let sidecar = Sidecar::pre(&text).unwrap();
        assert!(sidecar.durable_execution());
        assert_eq!(Sidecar::pre(&sidecar.to_string()), Ok(sidecar));
        assert_eq!(
            problems_of("durable-execution: true"),
            [
                "line 4, key `durable-execution`: found without `synchronicity: event`, allowed: only beside it",
                "line 4, key `durable-execution`: found for a function without a version or alias, allowed: only \
                 beside a `functionARN` that ends in :QUALIFIER",
            ],
        );
        assert_eq!(
            problems_of("synchronicity: event\ndurable-execution: yes"),
            ["line 5, key `durable-execution`: found `yes`, allowed: true or false"],
        );
        assert_eq!(pre("durable-execution: false"), pre(""));
    }

    #[test]
    fn both_are_for_functions_of_aws_lambda_alone() {
        let local = Sidecar::local(Point::PreProcessor, "f").synchronicity(Synchronicity::Event);
        let problems = shown(local.tenant_id("packageKey").durable_execution().build());
        assert_eq!(problems.len(), 2, "{problems:?}");
        for problem in problems {
            assert!(problem.contains("found for a local function"), "{problem}");
        }
    }
}
