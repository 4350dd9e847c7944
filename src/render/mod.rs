//! Sized pipeline to CloudFormation template, through the Handlebars files of `templates/`.
