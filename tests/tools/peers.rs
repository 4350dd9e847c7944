//! The AWS CLI, Sceptre and the CDK as clients of a served embedded cloud.

use std::path::PathBuf;

use super::{Served, project, python, root};

/// The Python that has the AWS CLI and Sceptre, which need other versions of what the rest needs.
fn peers() -> PathBuf {
    std::env::var_os("SLUICE_TEST_PEERS").map(PathBuf::from).expect(python::HOW)
}

#[test]
fn the_aws_cli_sceptre_and_the_cdk_create_update_and_delete_a_stack() {
    let node = root().join("tests/node");
    assert!(node.join("node_modules/aws-cdk").is_dir(), "the CDK is missing: {}", python::HOW);
    let project = project();
    let served = Served::start(project.path());
    python::passes_with(&peers(), "tests/python/peers.py", &[served.url.as_str(), &node.to_string_lossy()]);
}
