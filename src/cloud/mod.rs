//! The only room that names `aws_sdk_*` and `aws_config`: one typed facade over AWS.
