//! Approvals: somebody agreed that exactly this release may do exactly this to an environment. Bound to both digests, an
//! approval is worth nothing the moment either is another one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::digest::ReleaseDigest;
use super::gate::{GateKind, GateResult, Verdict};
use crate::environment::Approval;
use crate::units::{Digest, EnvironmentName, PipelineName, Region, Timestamp};

/// Version of an approval.
pub const APPROVAL_FORMAT: u32 = 1;

/// What is approved: a release, and what it would do where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The environment that it goes to.
    pub environment: EnvironmentName,
    /// The region.
    pub region: Region,
    /// The release.
    pub release: ReleaseDigest,
    /// [`crate::plan::Plan::digest`] of what it would do there.
    pub plan: Digest,
}

/// An approval as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// [`APPROVAL_FORMAT`].
    pub format_version: u32,
    /// What.
    #[serde(flatten)]
    pub subject: Subject,
    /// By whom, as the credentials say: an ARN.
    pub by: String,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Why, where something was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why an approval cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableApproval {
    /// A newer Sluice wrote it.
    #[error("it has format {0}, which is newer than this Sluice")]
    Newer(u32),
    /// It is no approval.
    #[error("it is no approval that Sluice wrote")]
    Foreign,
}

impl Approved {
    /// Reads an approval.
    ///
    /// # Errors
    /// When it is none, or a newer Sluice's.
    pub fn read(bytes: &[u8]) -> Result<Self, UnreadableApproval> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let Version { format_version } = serde_json::from_slice(bytes).map_err(|_| UnreadableApproval::Foreign)?;
        if format_version > APPROVAL_FORMAT {
            return Err(UnreadableApproval::Newer(format_version));
        }
        serde_json::from_slice(bytes).map_err(|_| UnreadableApproval::Foreign)
    }

    /// The approval as it is written.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Names, texts and moments only: nothing that could not be written.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }
}

/// Who somebody is, apart from the session: whoever took a role counts as that role. The path of a role is not part of it,
/// because the credentials of a session do not tell it (IAM user guide, "IAM identifiers").
#[must_use]
pub fn principal(arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, rest] = parts.as_slice() else { return arn.to_owned() };
    let role = match (*service, rest.split_once('/')) {
        ("sts", Some(("assumed-role", session))) => session.split('/').next(),
        ("iam", Some(("role", path))) => path.rsplit('/').next(),
        _ => None,
    };
    match role {
        Some(name) => format!("arn:{partition}:iam::{account}:role/{name}"),
        None => arn.to_owned(),
    }
}

/// Whether whoever calls is meant by an ARN of the environment's list: a role means every session of it, a session only itself.
#[must_use]
pub fn is_listed(listed: &str, caller: &str) -> bool {
    let session = listed.contains(":assumed-role/");
    listed == caller || (!session && principal(listed) == principal(caller))
}

/// Whether somebody may approve.
#[must_use]
pub fn may_approve(gate: &Approval, caller: &str) -> bool {
    gate.by.iter().any(|listed| is_listed(listed, caller))
}

/// Who approved exactly this, each once whatever their sessions: of the approvals of those who may.
#[must_use]
pub fn approvers(gate: &Approval, approvals: &[Approved], subject: &Subject) -> BTreeSet<String> {
    let counted = approvals.iter().filter(|approved| approved.subject == *subject && may_approve(gate, &approved.by));
    counted.map(|approved| principal(&approved.by)).collect()
}

/// Whether enough agreed.
#[must_use]
pub fn judge(gate: &Approval, approvals: &[Approved], subject: &Subject) -> GateResult {
    let by = approvers(gate, approvals, subject);
    let counted = u32::try_from(by.len()).unwrap_or(u32::MAX);
    // An approval that asks for nobody is none that could be passed by nobody.
    let needed = gate.count.max(1);
    let names = |of: &BTreeSet<String>| of.iter().cloned().collect::<Vec<_>>().join(", ");
    if counted >= needed {
        return GateResult::new(GateKind::Approval, Verdict::Pass, format!("approved by {}", names(&by)));
    }
    let mut why = format!("{counted} of {needed} approved");
    if !by.is_empty() {
        why.push_str(&format!(" ({})", names(&by)));
    }
    let stale: BTreeSet<String> = approvals
        .iter()
        .filter(|approved| approved.subject != *subject && may_approve(gate, &approved.by))
        .map(|approved| principal(&approved.by))
        .filter(|who| !by.contains(who))
        .collect();
    if !stale.is_empty() {
        why.push_str(&format!("; what {} approved is not what would happen now", names(&stale)));
    }
    let may: Vec<&str> = gate.by.iter().map(String::as_str).filter(|who| !by.contains(&principal(who))).collect();
    why.push_str(&format!("; may approve: {}", may.join(", ")));
    GateResult::new(GateKind::Approval, Verdict::Inconclusive, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "arn:aws:iam::123456789012:role/release-owner";
    const ALICE: &str = "arn:aws:sts::123456789012:assumed-role/release-owner/alice";
    const BOB: &str = "arn:aws:sts::123456789012:assumed-role/release-owner/bob";
    const RISK: &str = "arn:aws:iam::123456789012:user/risk/carol";

    fn subject(release: char, plan: char) -> Subject {
        Subject {
            pipeline: PipelineName::new("orders").expect("a name"),
            environment: EnvironmentName::new("prod").expect("a name"),
            region: Region::new("eu-west-1").expect("a region"),
            release: release.to_string().repeat(64).parse().expect("a digest"),
            plan: Digest::of_sha256(&[plan as u8; 32]),
        }
    }

    fn approved(by: &str, subject: Subject) -> Approved {
        Approved {
            format_version: APPROVAL_FORMAT,
            subject,
            by: by.to_owned(),
            at: Timestamp::from_millis(0),
            reason: None,
        }
    }

    fn gate(by: &[&str], count: u32) -> Approval {
        Approval { by: by.iter().map(|&arn| arn.to_owned()).collect(), count }
    }

    #[test]
    fn a_session_counts_as_its_role_whatever_the_roles_path() {
        assert_eq!(principal(ALICE), OWNER);
        assert!(is_listed("arn:aws:iam::123456789012:role/team/release-owner", ALICE));
        assert!(is_listed(OWNER, OWNER) && is_listed(ALICE, ALICE) && is_listed(RISK, RISK));
        assert!(!is_listed(ALICE, BOB), "a session means only itself");
        for other in [
            "arn:aws:sts::999999999999:assumed-role/release-owner/alice",
            "arn:aws-cn:sts::123456789012:assumed-role/release-owner/alice",
            "arn:aws:sts::123456789012:assumed-role/release-owner-2/alice",
            "arn:aws:iam::123456789012:user/release-owner",
            "arn:aws:sts::123456789012:federated-user/release-owner",
            "release-owner",
            "",
        ] {
            assert!(!is_listed(OWNER, other), "{other}");
        }
    }

    #[test]
    fn enough_different_people_are_a_pass_and_one_twice_is_not() {
        let (now, two) = (subject('a', 'p'), gate(&[OWNER, RISK], 2));
        let judged = |approvals: &[Approved]| judge(&two, approvals, &now);
        let sessions = [approved(ALICE, now.clone()), approved(BOB, now.clone())];
        assert_eq!(judged(&sessions).verdict, Verdict::Inconclusive, "two sessions of one role are one");
        let both = [approved(ALICE, now.clone()), approved(RISK, now.clone())];
        assert_eq!(judged(&both).verdict, Verdict::Pass);
        let listed_twice = gate(&[OWNER, ALICE], 2);
        assert_eq!(judge(&listed_twice, &sessions[..1], &now).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn another_plan_another_release_and_another_place_are_not_approved() {
        let (now, one) = (subject('a', 'p'), gate(&[OWNER], 1));
        assert_eq!(judge(&one, &[approved(ALICE, now.clone())], &now).verdict, Verdict::Pass);
        let elsewhere = Subject { environment: EnvironmentName::new("staging").expect("a name"), ..now.clone() };
        for other in [subject('a', 'q'), subject('b', 'p'), elsewhere] {
            let result = judge(&one, &[approved(ALICE, other)], &now);
            assert_eq!(result.verdict, Verdict::Inconclusive);
            assert!(result.why.contains("is not what would happen now"), "{}", result.why);
        }
        let result = judge(&one, &[approved(RISK, now.clone())], &now);
        assert_eq!(result.why, format!("0 of 1 approved; may approve: {OWNER}"), "who may not does not count");
    }

    #[test]
    fn an_approval_reads_back_and_a_newer_one_is_told_by_name() {
        let kept = Approved { reason: Some("looked at the plan".to_owned()), ..approved(ALICE, subject('a', 'p')) };
        assert_eq!(Approved::read(&kept.to_bytes()), Ok(kept));
        assert_eq!(Approved::read(b"{\"format_version\": 2}"), Err(UnreadableApproval::Newer(2)));
        assert_eq!(Approved::read(b"{\"format_version\": 1}"), Err(UnreadableApproval::Foreign));
        assert_eq!(Approved::read(b"\xff"), Err(UnreadableApproval::Foreign));
    }
}
