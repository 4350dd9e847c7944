//! Settings that a pipeline file has no word for, or that Sluice decides: listed, unless they are the same.

use super::*;

/// A resource of a template, with its properties in YAML's flow style.
fn resource(id: &str, type_name: &str, properties: &str) -> String {
    format!("  {id}:\n    Type: {type_name}\n    Properties: {properties}\n")
}

fn imported(resources: &[String]) -> Imported {
    from_template(format!("Resources:\n{}", resources.concat())).unwrap()
}

/// What is told, as `CODE title`.
fn titles(imported: &Imported) -> Vec<String> {
    imported.told.iter().map(|d| format!("{} {}", d.code, d.title)).collect()
}

#[track_caller]
fn tells(imported: &Imported, wanted: &str) {
    assert!(titles(imported).iter().any(|one| one.contains(wanted)), "no `{wanted}` in {:#?}", titles(imported));
}

#[track_caller]
fn is_silent_about(imported: &Imported, word: &str) {
    assert!(!titles(imported).iter().any(|one| one.contains(word)), "`{word}` in {:#?}", titles(imported));
}

fn bucket(properties: &str) -> Imported {
    imported(&[resource("Uploads", "AWS::S3::Bucket", properties)])
}

fn table(properties: &str) -> Imported {
    let key = "KeySchema: [{AttributeName: id, KeyType: HASH}], BillingMode: PAY_PER_REQUEST";
    imported(&[resource("Features", "AWS::DynamoDB::Table", &format!("{{{key}, {properties}}}"))])
}

/// A stream with an archive, which writes into a bucket.
fn archive(destination: &str, bucket: &str) -> Imported {
    let source = "KinesisStreamSourceConfiguration: {KinesisStreamARN: !GetAtt Events.Arn}";
    let into =
        format!("{{{source}, ExtendedS3DestinationConfiguration: {{BucketARN: !GetAtt Store.Arn, {destination}}}}}");
    imported(&[
        resource("Events", "AWS::Kinesis::Stream", "{ShardCount: 1}"),
        resource("Store", "AWS::S3::Bucket", bucket),
        resource("Archive", "AWS::KinesisFirehose::DeliveryStream", &into),
    ])
}

mod lifecycle_rules {
    use super::*;

    fn rules(rules: &str) -> Imported {
        bucket(&format!("{{LifecycleConfiguration: {{Rules: [{rules}]}}}}"))
    }

    #[test]
    fn a_rule_for_a_part_of_a_bucket_gives_no_keep_and_is_listed() {
        for part in [
            "Prefix: tmp/",
            "TagFilters: [{Key: a, Value: b}]",
            "ObjectSizeGreaterThan: \"1\"",
            "ObjectSizeLessThan: \"9\"",
            "Prefix: !Ref AWS::Region",
        ] {
            let imported = rules(&format!("{{Id: temporary, Status: Enabled, ExpirationInDays: 3, {part}}}"));
            assert!(!imported.text.contains("keep: "), "{part}\n{}", imported.text);
            let name = part.split(':').next().unwrap();
            tells(
                &imported,
                &format!("W8110 `Uploads`: the lifecycle rule `temporary` is not carried over: `{name}` narrows it"),
            );
        }
    }

    #[test]
    fn a_filter_of_terraform_gives_no_keep_and_is_listed() {
        for filter in [
            "prefix = \"tmp/\"",
            "tag {\n key = \"a\"\n value = \"b\"\n }",
            "object_size_less_than = 500",
            "and {\n prefix = \"\"\n tags = { a = \"b\" }\n }",
        ] {
            let imported = terraform_rule(&format!("filter {{\n {filter}\n }}"));
            assert!(!imported.text.contains("keep: "), "{filter}\n{}", imported.text);
            tells(
                &imported,
                "W8110 `aws_s3_bucket_lifecycle_configuration.b`: the lifecycle rule `r` is not carried over",
            );
        }
    }

    #[test]
    fn a_dynamic_filter_is_not_taken_for_none() {
        let imported = terraform_rule("dynamic \"filter\" {\n for_each = var.x\n content {}\n }");
        assert!(!imported.text.contains("keep: "), "{}", imported.text);
        tells(&imported, "`dynamic filter` is not carried over");
    }

    #[test]
    fn a_filter_of_nothing_is_for_the_whole_bucket() {
        for filter in ["", "filter {}", "filter {\n prefix = \"\"\n }", "prefix = \"\""] {
            let imported = terraform_rule(filter);
            assert!(imported.text.contains("keep: {standard: 3d, then: delete}"), "{filter}\n{}", imported.text);
        }
    }

    fn terraform_rule(filter: &str) -> Imported {
        from_hcl(format!(
            "resource \"aws_s3_bucket\" \"b\" {{}}\nresource \"aws_s3_bucket_lifecycle_configuration\" \"b\" {{\n  bucket = \
             aws_s3_bucket.b.id\n  rule {{\n    id = \"r\"\n    status = \"Enabled\"\n    expiration {{\n      days = 3\n    \
             }}\n    {filter}\n  }}\n}}\n"
        ))
        .unwrap()
    }

    #[test]
    fn a_rule_for_a_part_does_not_hide_the_one_for_the_whole() {
        let imported = rules(
            "{Status: Enabled, Prefix: tmp/, ExpirationInDays: 3}, {Status: Enabled, Prefix: \"\", ExpirationInDays: 90}",
        );
        assert!(imported.text.contains("keep: {standard: 90d, then: delete}"), "{}", imported.text);
    }

    #[test]
    fn a_rule_that_may_be_off_deletes_nothing() {
        let imported = rules("{Status: !Ref AWS::Region, ExpirationInDays: 3}");
        assert!(!imported.text.contains("keep: "), "{}", imported.text);
        tells(&imported, "ExpirationInDays` is not carried over");
    }

    #[test]
    fn a_rule_for_what_an_archive_writes_is_the_archives() {
        let store = "{LifecycleConfiguration: {Rules: [{Status: Enabled, Prefix: data/, ExpirationInDays: 30}]}}";
        let below = archive("Prefix: \"data/!{timestamp:yyyy}/\"", store);
        assert!(below.text.contains("keep: {standard: 30d, then: delete}"), "{}", below.text);
        let beside = archive("Prefix: \"other/!{timestamp:yyyy}/\"", store);
        assert!(!beside.text.contains("keep: {"), "{}", beside.text);
        tells(&beside, "W8110 `Store`: a lifecycle rule is not carried over: `Prefix` narrows it");
    }

    #[test]
    fn uploads_that_are_removed_at_another_time_are_told() {
        let rule = |days: u8| {
            rules(&format!("{{Status: Enabled, AbortIncompleteMultipartUpload: {{DaysAfterInitiation: {days}}}}}"))
        };
        tells(&rule(1), "I8113 `Uploads`: `DaysAfterInitiation` is made anew");
        is_silent_about(&rule(7), "DaysAfterInitiation");
    }
}

mod buckets {
    use super::*;

    const RULE: &str = "ServerSideEncryptionByDefault";

    #[test]
    fn a_customer_key_comes_across() {
        let encryption = format!(
            "{{BucketEncryption: {{ServerSideEncryptionConfiguration: [{{{RULE}: {{SSEAlgorithm: \"aws:kms\", \
             KMSMasterKeyID: !GetAtt Data.Arn}}, BucketKeyEnabled: true}}]}}}}"
        );
        let imported = imported(&[
            resource("Data", "AWS::KMS::Key", "{EnableKeyRotation: true}"),
            resource("Uploads", "AWS::S3::Bucket", &encryption),
        ]);
        assert!(imported.text.contains("encryption: {key: data}"), "{}", imported.text);
        is_silent_about(&imported, "W8110");
        is_silent_about(&imported, "SSEAlgorithm");
    }

    #[test]
    fn a_customer_key_of_terraform_comes_across_by_its_alias() {
        let imported = from_hcl(
            r#"
resource "aws_kms_key" "data" {}
resource "aws_kms_alias" "data" { target_key_id = aws_kms_key.data.key_id }
resource "aws_s3_bucket" "b" {}
resource "aws_s3_bucket_server_side_encryption_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_alias.data.arn
    }
  }
}
"#,
        )
        .unwrap();
        assert!(imported.text.contains("encryption: {key: data}"), "{}", imported.text);
        is_silent_about(&imported, "W8110");
    }

    #[test]
    fn the_key_of_an_archives_bucket_is_the_archives() {
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
        let store = format!(
            "{{BucketEncryption: {{ServerSideEncryptionConfiguration: [{{{RULE}: {{SSEAlgorithm: \"aws:kms\", \
             KMSMasterKeyID: \"{arn}\"}}}}]}}}}"
        );
        let imported = archive("CompressionFormat: GZIP", &store);
        assert!(
            imported.text.contains(&format!("arn: {arn}")) || imported.text.contains(&format!("arn: \"{arn}\"")),
            "{}",
            imported.text
        );
    }

    #[test]
    fn encryption_by_another_algorithm_is_told_and_that_of_sluice_is_not() {
        let by = |algorithm: &str| {
            bucket(&format!(
                "{{BucketEncryption: {{ServerSideEncryptionConfiguration: [{{{RULE}: {{SSEAlgorithm: \"{algorithm}\"}}}}]}}}}"
            ))
        };
        tells(&by("aws:kms"), "I8113 `Uploads`: `SSEAlgorithm` is made anew");
        is_silent_about(&by("AES256"), "SSEAlgorithm");
    }

    #[test]
    fn an_open_bucket_becomes_private_and_that_is_told() {
        let open = bucket(
            "{PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: false}, OwnershipControls: {Rules: \
             [{ObjectOwnership: ObjectWriter}]}}",
        );
        tells(&open, "W8110 `Uploads`: `BlockPublicPolicy` is not carried over: buckets of a pipeline are private");
        tells(&open, "W8110 `Uploads`: `ObjectOwnership` is not carried over");
        is_silent_about(&open, "BlockPublicAcls");
    }
}

mod tables {
    use super::*;

    #[test]
    fn another_class_and_deletion_protection_are_told() {
        let rare = table("TableClass: STANDARD_INFREQUENT_ACCESS, DeletionProtectionEnabled: true");
        tells(
            &rare,
            "W8110 `Features`: `TableClass` is not carried over: tables of a pipeline are of the standard class",
        );
        tells(&rare, "I8113 `Features`: `DeletionProtectionEnabled` is made anew");
        is_silent_about(&table("TableClass: STANDARD"), "TableClass");
    }

    #[test]
    fn a_time_to_live_without_its_attribute_is_to_be_decided() {
        let imported = from_hcl(
            "resource \"aws_dynamodb_table\" \"t\" {\n  hash_key = \"id\"\n  billing_mode = \"PAY_PER_REQUEST\"\n  ttl {\n    \
             enabled = true\n  }\n}\n",
        )
        .unwrap();
        tells(&imported, "W8112 `aws_dynamodb_table.t`: TTL is on, its attribute is missing");
        assert!(imported.text.contains("ttl: {attribute: to-be-decided}"), "{}", imported.text);
        is_silent_about(&imported, "never expire");
        let off = table("TimeToLiveSpecification: {AttributeName: at, Enabled: false}");
        tells(&off, "its items never expire");
        assert!(!off.text.contains(" ttl:"), "{}", off.text);
    }
}

mod archives {
    use super::*;

    #[test]
    fn a_buffer_of_less_than_a_minute_stays_one() {
        for (seconds, every) in [(0, "0s"), (15, "15s"), (59, "59s"), (60, "1m")] {
            let imported = archive(&format!("BufferingHints: {{IntervalInSeconds: {seconds}}}"), "{}");
            assert!(imported.text.contains(&format!("every: {every}")), "{}", imported.text);
            is_silent_about(&imported, "IntervalInSeconds");
        }
    }

    const PARTITIONED: &str = "ProcessingConfiguration: {Processors: [{Type: MetadataExtraction, Parameters: \
        [{ParameterName: MetadataExtractionQuery, ParameterValue: \"{tenant:.tenant}\"}]}]}";

    #[test]
    fn a_buffer_of_no_time_is_dropped_where_objects_are_partitioned() {
        let partitions = "DynamicPartitioningConfiguration: {Enabled: true}";
        let imported = archive(
            &format!("BufferingHints: {{SizeInMBs: 64, IntervalInSeconds: 0}}, {partitions}, {PARTITIONED}"),
            "{}",
        );
        assert!(imported.text.contains("partition_by: {tenant: tenant}"), "{}", imported.text);
        assert!(!imported.text.contains("every:"), "{}", imported.text);
        tells(&imported, "W8110 `Archive`: `IntervalInSeconds` is not carried over: with dynamic partitioning");
    }

    #[test]
    fn other_retries_of_partitions_are_told() {
        let retried = |seconds: u16| {
            let options = format!("RetryOptions: {{DurationInSeconds: {seconds}}}");
            archive(&format!("DynamicPartitioningConfiguration: {{Enabled: true, {options}}}, {PARTITIONED}"), "{}")
        };
        tells(&retried(60), "I8113 `Archive`: `DurationInSeconds` is made anew");
        is_silent_about(&retried(300), "DurationInSeconds");
    }

    #[test]
    fn a_backup_of_records_is_told() {
        let imported = archive("S3BackupMode: Enabled, S3BackupConfiguration: {BucketARN: x}", "{}");
        tells(&imported, "W8110 `Archive`: `S3BackupMode` is not carried over");
        is_silent_about(&archive("S3BackupMode: Disabled", "{}"), "S3BackupMode");
    }
}

#[test]
fn the_key_of_an_endpoints_disks_is_told() {
    let text = ORDERS_YAML.replace(
        "      ProductionVariants:\n        - VariantName: AllTraffic\n",
        "      KmsKeyId: alias/disks\n      ProductionVariants:\n        - VariantName: AllTraffic\n",
    );
    tells(&from_template(text).unwrap(), "W8110 `ScoringConfig`: `KmsKeyId` is not carried over");
}

#[test]
fn tags_besides_the_owners_are_told() {
    let hcl = from_hcl(stream("  tags = { Owner = \"a\", Stage = \"prod\", CostCenter = 7 }")).unwrap();
    tells(&hcl, "I8113 `aws_kinesis_stream.a`: the tags `Stage`, `CostCenter` stay behind");
    let tags = "{Tags: [{Key: team, Value: a}, {Key: Stage, Value: prod}]}";
    tells(&imported(&[resource("A", "AWS::Kinesis::Stream", tags)]), "I8113 `A`: the tag `Stage` stays behind");
    is_silent_about(&from_hcl(stream("  tags = { Owner = \"a\" }")).unwrap(), "I8113");
    tells(&from_hcl(stream("  tags = var.tags")).unwrap(), "W8111 `aws_kinesis_stream.a`: `tags` cannot be told");
}

#[test]
fn terraforms_own_arguments_are_told_where_they_change_what_happens() {
    let own = "  provider = aws.west\n  lifecycle {\n    prevent_destroy = true\n    ignore_changes = [shard_count]\n  \
               create_before_destroy = true\n  }";
    let blocks = "provider \"aws\" {}\noutput \"name\" {\n  value = 1\n}\n";
    let imported = from_hcl(format!("{}{blocks}", stream(own))).unwrap();
    for wanted in [
        "W8110 `aws_kinesis_stream.a`: `provider` is not carried over",
        "I8113 `aws_kinesis_stream.a`: `prevent_destroy` is made anew",
        "W8110 `aws_kinesis_stream.a`: `ignore_changes` is not carried over",
        "I8113 `provider.aws` is made anew",
        "I8113 `output.name` is made anew",
    ] {
        tells(&imported, wanted);
    }
    is_silent_about(&imported, "create_before_destroy");
    let destroyed = from_hcl(stream("  lifecycle {\n    prevent_destroy = false\n  }")).unwrap();
    is_silent_about(&destroyed, "prevent_destroy");
}

#[test]
fn a_byte_order_mark_is_no_part_of_terraform() {
    let imported = from_hcl(format!("\u{feff}{}", stream("  something_new = 1"))).unwrap();
    assert!(told(&imported.told).iter().any(|one| one.starts_with("3:3 W8110")), "{:?}", told(&imported.told));
    let found = errors(from_hcl("\u{feff}a = = 1\n"));
    assert!(found[0].starts_with("1:5 E8101"), "{found:?}");
}
