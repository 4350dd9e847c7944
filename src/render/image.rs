//! SageMaker's own inference images, resolved per region.
//!
//! Source: the registry tables of the SageMaker Python SDK (`image_uri_config/xgboost.json` of 2025 and
//! `sklearn.json`), which AWS publishes and its documentation ("Docker Registry Paths") repeats. A framework, version
//! or region that is not in the table is refused by name; `image: {uri: …}` takes any other image.

use crate::diagnostic::{Code, Diagnostic, closest};
use crate::pipeline::names;
use crate::units::Region;

/// An image and, where its registry is ECR, the repository that a role must be allowed to pull from.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) uri: String,
    pub(super) repository_arn: Option<String>,
}

impl Resolved {
    /// An image given by its address.
    pub(super) fn given(uri: &str) -> Self {
        Self { uri: uri.to_owned(), repository_arn: repository_arn(uri) }
    }
}

/// `<account>.dkr.ecr.<region>.<suffix>/<repository>:<tag>` or `…@<digest>`.
fn repository_arn(uri: &str) -> Option<String> {
    let (host, path) = uri.split_once('/')?;
    let mut parts = host.split('.');
    let (account, dkr, ecr, region) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || dkr != "dkr" || ecr != "ecr" {
        return None;
    }
    let repository = path.split(['@', ':']).next().unwrap_or(path);
    let partition = names::partition(region);
    Some(format!("arn:{partition}:ecr:{region}:{account}:repository/{repository}"))
}

/// A framework of the table.
struct Framework {
    name: &'static str,
    repository: &'static str,
    /// Versions whose tag is the version itself.
    plain: &'static [&'static str],
    /// Versions whose tag ends in `-cpu-py3`.
    cpu_py3: &'static [&'static str],
    /// Regions of the table that lack this framework.
    missing_in: &'static [&'static str],
}

const FRAMEWORKS: [Framework; 2] = [
    Framework {
        name: "xgboost",
        repository: "sagemaker-xgboost",
        plain: &["1.2-1", "1.2-2", "1.3-1", "1.5-1", "1.7-1", "2.1-0"],
        cpu_py3: &["0.90-1", "0.90-2", "1.0-1"],
        missing_in: &[],
    },
    Framework {
        name: "sklearn",
        repository: "sagemaker-scikit-learn",
        plain: &[],
        cpu_py3: &["0.20.0", "0.23-1", "1.0-1", "1.2-1"],
        missing_in: &["ca-west-1", "il-central-1"],
    },
];

/// The registry of both frameworks in each region.
const REGISTRIES: [(&str, &str); 33] = [
    ("af-south-1", "510948584623"),
    ("ap-east-1", "651117190479"),
    ("ap-northeast-1", "354813040037"),
    ("ap-northeast-2", "366743142698"),
    ("ap-northeast-3", "867004704886"),
    ("ap-south-1", "720646828776"),
    ("ap-south-2", "628508329040"),
    ("ap-southeast-1", "121021644041"),
    ("ap-southeast-2", "783357654285"),
    ("ap-southeast-3", "951798379941"),
    ("ap-southeast-4", "106583098589"),
    ("ca-central-1", "341280168497"),
    ("ca-west-1", "190319476487"),
    ("cn-north-1", "450853457545"),
    ("cn-northwest-1", "451049120500"),
    ("eu-central-1", "492215442770"),
    ("eu-central-2", "680994064768"),
    ("eu-north-1", "662702820516"),
    ("eu-south-1", "978288397137"),
    ("eu-south-2", "104374241257"),
    ("eu-west-1", "141502667606"),
    ("eu-west-2", "764974769150"),
    ("eu-west-3", "659782779980"),
    ("il-central-1", "898809789911"),
    ("me-central-1", "272398656194"),
    ("me-south-1", "801668240914"),
    ("sa-east-1", "737474898029"),
    ("us-east-1", "683313688378"),
    ("us-east-2", "257758044811"),
    ("us-gov-east-1", "237065988967"),
    ("us-gov-west-1", "414596584902"),
    ("us-west-1", "746614075791"),
    ("us-west-2", "246618743249"),
];

/// Resolves a built-in image.
pub(super) fn built_in(name: &str, version: &str, region: &Region) -> Result<Resolved, Diagnostic> {
    let Some(framework) = FRAMEWORKS.iter().find(|framework| framework.name == name) else {
        return Err(unknown(
            format!("there is no built-in image `{name}`"),
            name,
            FRAMEWORKS.iter().map(|known| known.name),
        ));
    };
    let tag = if framework.plain.contains(&version) {
        version.to_owned()
    } else if framework.cpu_py3.contains(&version) {
        format!("{version}-cpu-py3")
    } else {
        let versions = framework.plain.iter().chain(framework.cpu_py3).copied();
        return Err(unknown(format!("there is no built-in {name} image of version `{version}`"), version, versions));
    };
    let registry = REGISTRIES.iter().find(|(known, _)| *known == region.as_str());
    let Some((region, account)) = registry.filter(|(known, _)| !framework.missing_in.contains(known)) else {
        let refusal =
            Diagnostic::error(Code::UnknownImage, format!("SageMaker has no built-in {name} image in {region}"));
        return Err(refusal.help("copy an image into a repository of the region and give it as `image: {uri: …}`"));
    };
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    Ok(Resolved::given(&format!("{account}.dkr.ecr.{region}.{suffix}/{}:{tag}", framework.repository)))
}

fn unknown(title: String, asked: &str, known: impl Iterator<Item = &'static str>) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let refusal = Diagnostic::error(Code::UnknownImage, title).note(format!("known are {}", known.join(", ")));
    match closest(asked, known.iter().copied()) {
        Some(near) => refusal.help(format!("did you mean `{near}`?")),
        None => refusal.help("give any other image by its address: `image: {uri: …}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(name: &str, version: &str, region: &str) -> Result<Resolved, Diagnostic> {
        built_in(name, version, &Region::new(region).expect("a region"))
    }

    #[test]
    fn an_image_is_found_in_its_region_and_its_repository_with_it() {
        let image = resolve("xgboost", "1.7-1", "eu-west-1").expect("is there");
        assert_eq!(image.uri, "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1");
        assert_eq!(
            image.repository_arn.as_deref(),
            Some("arn:aws:ecr:eu-west-1:141502667606:repository/sagemaker-xgboost")
        );
        let old = resolve("sklearn", "1.2-1", "cn-north-1").expect("is there");
        assert_eq!(old.uri, "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-scikit-learn:1.2-1-cpu-py3");
    }

    #[test]
    fn unknown_framework_version_and_region_are_each_told() {
        for (name, version, region, words) in [
            ("xgbost", "1.7-1", "eu-west-1", "did you mean `xgboost`?"),
            ("xgboost", "1.7-2", "eu-west-1", "did you mean `1.7-1`?"),
            ("sklearn", "1.2-1", "il-central-1", "copy an image"),
        ] {
            let told = resolve(name, version, region).expect_err("is refused");
            assert_eq!(told.code, Code::UnknownImage);
            assert!(told.help.iter().any(|help| help.contains(words)), "{told:?}");
        }
    }

    #[test]
    fn an_image_outside_ecr_needs_no_repository() {
        assert_eq!(Resolved::given("docker.io/library/python:3").repository_arn, None);
        let by_digest = Resolved::given("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/model@sha256:ab");
        assert_eq!(
            by_digest.repository_arn.as_deref(),
            Some("arn:aws:ecr:eu-west-1:123456789012:repository/team/model")
        );
    }
}
