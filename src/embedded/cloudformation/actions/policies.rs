//! `SetStackPolicy`, `GetStackPolicy`.

use super::super::engine::Engine;
use super::super::error::{Answer, Refusal};
use super::super::policy;
use super::super::wire::{QueryRequest, Xml};

impl Engine {
    /// TV-27, SP-01.
    pub(super) fn set_stack_policy(&mut self, request: &QueryRequest) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let id = self.find_id(given).ok_or_else(|| Refusal::no_stack(given))?;
        if request.text("StackPolicyBody").is_some() && request.text("StackPolicyURL").is_some() {
            return Err(Refusal::validation("You cannot specify both StackPolicyURL and StackPolicyBody"));
        }
        let body = match (request.text("StackPolicyBody"), request.text("StackPolicyURL")) {
            (Some(body), _) => body.to_owned(),
            (None, Some(url)) => match request.documents.get(url) {
                Some(Ok(text)) => text.clone(),
                Some(Err(_)) | None => return Err(Refusal::validation("S3 error: Access Denied")),
            },
            (None, None) => return Err(Refusal::validation("Error validating stack policy: Invalid stack policy")),
        };
        policy::check(&body)?;
        self.with(&id, |_, stack| stack.policy = Some(body));
        Ok(Xml::default())
    }

    /// SP-03: without a policy there is no member.
    pub(super) fn get_stack_policy(&self, request: &QueryRequest) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let stack = self.find(given).ok_or_else(|| Refusal::no_stack(given))?;
        let mut xml = Xml::default();
        xml.maybe("StackPolicyBody", stack.policy.as_deref());
        Ok(xml)
    }
}
