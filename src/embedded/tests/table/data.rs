//! Streams, tables, buckets, archives, the catalogue, keys, roles, parameters.

use super::*;

fn stream() -> (&'static str, &'static str, Value) {
    ("Stream", "AWS::Kinesis::Stream", json!({"Name": "s", "ShardCount": 1}))
}

fn iam(action: &str, parameters: &[(&'static str, &str)]) -> Ask {
    let own = parameters.iter().map(|(name, value)| (*name, (*value).to_owned()));
    Ask::Query("iam", "2010-05-08", std::iter::once(("Action", action.to_owned())).chain(own).collect())
}

fn bucket() -> (&'static str, &'static str, Value) {
    ("Bucket", "AWS::S3::Bucket", json!({"BucketName": "archive-1"}))
}

pub(super) fn cases() -> Vec<Case> {
    [streams(), tables(), buckets(), archives(), catalogue(), keys_and_roles()].into_iter().flatten().collect()
}

fn streams() -> Vec<Case> {
    let summary = || Ask::Json("kinesis", "Kinesis_20131202.DescribeStreamSummary", json!({"StreamName": "s"}));
    vec![
        Case::of(
            Kind::Stream,
            json!({
                "Name": "s",
                "StreamModeDetails": {"StreamMode": "PROVISIONED"},
                "ShardCount": 2,
                "RetentionPeriodHours": 168,
                "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
                "DesiredShardLevelMetrics": ["IncomingBytes", "IteratorAgeMilliseconds"],
            }),
        )
        .reads(
            summary(),
            &[
                ("/Name", "/StreamDescriptionSummary/StreamName"),
                ("/StreamModeDetails", "/StreamDescriptionSummary/StreamModeDetails"),
                ("/ShardCount", "/StreamDescriptionSummary/OpenShardCount"),
                ("/RetentionPeriodHours", "/StreamDescriptionSummary/RetentionPeriodHours"),
                ("/StreamEncryption", "/StreamDescriptionSummary"),
                ("/DesiredShardLevelMetrics", "/StreamDescriptionSummary/EnhancedMonitoring/0/ShardLevelMetrics"),
            ],
        )
        .tags(Ask::Json("kinesis", "Kinesis_20131202.ListTagsForStream", json!({"StreamName": "s"})), "/Tags")
        .change("/ShardCount", json!(4))
        .change("/RetentionPeriodHours", json!(48))
        .change("/DesiredShardLevelMetrics", json!(["OutgoingBytes"]))
        .gives("s", &[("Arn", arn("kinesis", "stream/s"))]),
        Case::of(Kind::StreamConsumer, json!({"ConsumerName": "c", "StreamARN": arn("kinesis", "stream/s")}))
            .needs([stream()])
            .reads(
                Ask::Json("kinesis", "Kinesis_20131202.DescribeStreamConsumer", json!({"ConsumerARN": "$REF"})),
                &[
                    ("/ConsumerName", "/ConsumerDescription/ConsumerName"),
                    ("/StreamARN", "/ConsumerDescription/StreamARN"),
                ],
            )
            .tags(Ask::Json("kinesis", "Kinesis_20131202.ListTagsForResource", json!({"ResourceARN": "$REF"})), "/Tags")
            .change("/ConsumerName", json!("d"))
            .gives(
                arn("kinesis", "stream/s/consumer/c*"),
                &[("ConsumerARN", arn("kinesis", "stream/s/consumer/c*")), ("ConsumerStatus", "ACTIVE".to_owned())],
            ),
        Case::of(Kind::StreamPolicy, json!({"ResourceArn": arn("kinesis", "stream/s"), "ResourcePolicy": policy()}))
            .needs([stream()])
            .reads(
                Ask::Json("kinesis", "Kinesis_20131202.GetResourcePolicy", json!({"ResourceARN": "$REF"})),
                &[("/ResourcePolicy", "/Policy")],
            )
            .untold(&["ResourceArn"])
            .change("/ResourcePolicy", other_policy())
            .gives(arn("kinesis", "stream/s"), &[]),
    ]
}

fn tables() -> Vec<Case> {
    let table = |action: &str| match action {
        "DescribeTable" => Ask::Json("dynamodb", "DynamoDB_20120810.DescribeTable", json!({"TableName": "t"})),
        "DescribeTimeToLive" => {
            Ask::Json("dynamodb", "DynamoDB_20120810.DescribeTimeToLive", json!({"TableName": "t"}))
        }
        _ => Ask::Json("dynamodb", "DynamoDB_20120810.DescribeContinuousBackups", json!({"TableName": "t"})),
    };
    let attributes = json!([
        {"AttributeName": "card_id", "AttributeType": "S"},
        {"AttributeName": "at", "AttributeType": "N"},
    ]);
    let index = |name: &str| {
        json!({"IndexName": name, "KeySchema": [{"AttributeName": "card_id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"}})
    };
    let throughput = json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 5});
    let with = |mut index: Value| {
        index["ProvisionedThroughput"] = throughput.clone();
        index
    };
    vec![
        Case::of(
            Kind::Table,
            json!({
                "TableName": "t",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": attributes,
                "KeySchema": [{"AttributeName": "card_id", "KeyType": "HASH"}],
                "GlobalSecondaryIndexes": [index("by-card")],
                "DeletionProtectionEnabled": false,
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": true},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7},
                "SSESpecification": {"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": arn("kms", "key/k")},
                "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
                "TableClass": "STANDARD",
                "OnDemandThroughput": {"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 50},
            }),
        )
        .reads(
            table("DescribeTable"),
            &[
                ("/TableName", "/Table/TableName"),
                ("/BillingMode", "/Table/BillingModeSummary/BillingMode"),
                ("/AttributeDefinitions", "/Table/AttributeDefinitions"),
                ("/KeySchema", "/Table/KeySchema"),
                ("/GlobalSecondaryIndexes", "/Table/GlobalSecondaryIndexes"),
                ("/DeletionProtectionEnabled", "/Table/DeletionProtectionEnabled"),
                ("/SSESpecification/SSEType", "/Table/SSEDescription/SSEType"),
                ("/SSESpecification/KMSMasterKeyId", "/Table/SSEDescription/KMSMasterKeyArn"),
                ("/StreamSpecification", "/Table/StreamSpecification"),
                ("/TableClass", "/Table/TableClassSummary/TableClass"),
                ("/OnDemandThroughput", "/Table/OnDemandThroughput"),
            ],
        )
        .reads(
            table("DescribeTimeToLive"),
            &[("/TimeToLiveSpecification/AttributeName", "/TimeToLiveDescription/AttributeName")],
        )
        .reads(
            table("DescribeContinuousBackups"),
            &[(
                "/PointInTimeRecoverySpecification/RecoveryPeriodInDays",
                "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/RecoveryPeriodInDays",
            )],
        )
        .untold(&["TimeToLiveSpecification/Enabled", "SSESpecification/SSEEnabled", "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled"])
        .tags(
            Ask::Json("dynamodb", "DynamoDB_20120810.ListTagsOfResource", json!({"ResourceArn": arn("dynamodb", "table/t")})),
            "/Tags",
        )
        .change("/GlobalSecondaryIndexes", json!([index("by-card"), index("by-time")]))
        .change("/OnDemandThroughput/MaxReadRequestUnits", json!(200))
        .gives("t", &[("Arn", arn("dynamodb", "table/t")), ("StreamArn", arn("dynamodb", "table/t/stream/*"))]),
        Case::of(
            Kind::Table,
            json!({
                "TableName": "t",
                "BillingMode": "PROVISIONED",
                "AttributeDefinitions": attributes,
                "KeySchema": [{"AttributeName": "card_id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
                "ProvisionedThroughput": throughput,
                "GlobalSecondaryIndexes": [with(index("by-card"))],
                "LocalSecondaryIndexes": [index("local")],
            }),
        )
        .reads(
            table("DescribeTable"),
            &[
                ("/TableName", "/Table/TableName"),
                ("/AttributeDefinitions", "/Table/AttributeDefinitions"),
                ("/KeySchema", "/Table/KeySchema"),
                ("/ProvisionedThroughput", "/Table/ProvisionedThroughput"),
                ("/GlobalSecondaryIndexes", "/Table/GlobalSecondaryIndexes"),
                ("/LocalSecondaryIndexes", "/Table/LocalSecondaryIndexes"),
            ],
        )
        // A provisioned table shows its capacity and no billing mode.
        .untold(&["BillingMode"])
        .change("/ProvisionedThroughput/ReadCapacityUnits", json!(10))
        .change("/GlobalSecondaryIndexes/0/ProvisionedThroughput/ReadCapacityUnits", json!(7))
        .gives("t", &[]),
    ]
}

fn buckets() -> Vec<Case> {
    let part = |query: &str| Ask::Get("s3", format!("/archive-1?{query}"));
    vec![
        Case::of(
            Kind::Bucket,
            json!({
                "BucketName": "archive-1",
                "VersioningConfiguration": {"Status": "Enabled"},
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
                "BucketEncryption": {"ServerSideEncryptionConfiguration": [
                    {"BucketKeyEnabled": true, "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn("kms", "key/k")}}]},
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "LifecycleConfiguration": {"Rules": [{"Id": "a", "Status": "Enabled", "ExpirationInDays": 400,
                    "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 90}],
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]},
            }),
        )
        .reads(part("versioning"), &[("/VersioningConfiguration", "")])
        .reads(part("publicAccessBlock"), &[("/PublicAccessBlockConfiguration", "")])
        .reads(part("encryption"), &[("/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault", "/Rule/ApplyServerSideEncryptionByDefault"),
            ("/BucketEncryption/ServerSideEncryptionConfiguration/0/BucketKeyEnabled", "/Rule/BucketKeyEnabled")])
        .reads(part("ownershipControls"), &[("/OwnershipControls/Rules/0", "/Rule")])
        .reads(
            part("lifecycle"),
            &[
                ("/LifecycleConfiguration/Rules/0/Id", "/Rule/ID"),
                ("/LifecycleConfiguration/Rules/0/Status", "/Rule/Status"),
                ("/LifecycleConfiguration/Rules/0/ExpirationInDays", "/Rule/Expiration/Days"),
                ("/LifecycleConfiguration/Rules/0/Transitions/0/StorageClass", "/Rule/Transition/StorageClass"),
                ("/LifecycleConfiguration/Rules/0/Transitions/0/TransitionInDays", "/Rule/Transition/Days"),
                ("/LifecycleConfiguration/Rules/0/NoncurrentVersionExpiration", "/Rule/NoncurrentVersionExpiration"),
                ("/LifecycleConfiguration/Rules/0/AbortIncompleteMultipartUpload", "/Rule/AbortIncompleteMultipartUpload"),
            ],
        )
        .untold(&["BucketName"])
        .tags(part("tagging"), "/TagSet/Tag")
        .change("/LifecycleConfiguration/Rules/0/ExpirationInDays", json!(500))
        .change("/VersioningConfiguration/Status", json!("Suspended"))
        .gives(
            "archive-1",
            &[
                ("Arn", "arn:aws:s3:::archive-1".to_owned()),
                ("DomainName", "archive-1.s3.amazonaws.com".to_owned()),
                ("RegionalDomainName", "archive-1.s3.eu-west-1.amazonaws.com".to_owned()),
            ],
        ),
        Case::of(Kind::BucketPolicy, json!({"Bucket": "archive-1", "PolicyDocument": policy()}))
            .needs([bucket()])
            .reads(part("policy"), &[("/PolicyDocument", "")])
            .untold(&["Bucket"])
            .change("/PolicyDocument", other_policy())
            .gives("archive-1", &[]),
    ]
}

fn archives() -> Vec<Case> {
    let processing = json!({"Enabled": true, "Processors": [
        {"Type": "MetadataExtraction", "Parameters": [
            {"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{tenant: .tenant_id}"},
            {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"}]},
        {"Type": "AppendDelimiterToRecord", "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}]}]});
    let conversion = json!({"Enabled": true,
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {"Compression": "SNAPPY"}}},
        "SchemaConfiguration": {"CatalogId": ACCOUNT, "DatabaseName": "p_local", "TableName": "transactions", "Region": "eu-west-1", "RoleARN": role_arn(), "VersionId": "LATEST"}});
    let destination = json!({
        "BucketARN": "arn:aws:s3:::archive-1",
        "RoleARN": role_arn(),
        "Prefix": "transactions/tenant=!{partitionKeyFromQuery:tenant}/",
        "ErrorOutputPrefix": "errors/",
        "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 300},
        "CompressionFormat": "UNCOMPRESSED",
        "CloudWatchLoggingOptions": {"Enabled": true, "LogGroupName": "/aws/kinesisfirehose/d", "LogStreamName": "delivery"},
        "EncryptionConfiguration": {"KMSEncryptionConfig": {"AWSKMSKeyARN": arn("kms", "key/k")}},
        "DataFormatConversionConfiguration": conversion,
        "DynamicPartitioningConfiguration": {"Enabled": true, "RetryOptions": {"DurationInSeconds": 300}},
        "ProcessingConfiguration": processing,
        "S3BackupMode": "Disabled",
    });
    let described =
        || Ask::Json("firehose", "Firehose_20150804.DescribeDeliveryStream", json!({"DeliveryStreamName": "d"}));
    let tags =
        || Ask::Json("firehose", "Firehose_20150804.ListTagsForDeliveryStream", json!({"DeliveryStreamName": "d"}));
    vec![
        Case::of(
            Kind::DeliveryStream,
            json!({
                "DeliveryStreamName": "d",
                "DeliveryStreamType": "KinesisStreamAsSource",
                "KinesisStreamSourceConfiguration": {"KinesisStreamARN": arn("kinesis", "stream/s"), "RoleARN": role_arn()},
                "ExtendedS3DestinationConfiguration": destination,
            }),
        )
        .needs([role(), stream(), bucket()])
        .reads(
            described(),
            &[
                ("/DeliveryStreamName", "/DeliveryStreamDescription/DeliveryStreamName"),
                ("/DeliveryStreamType", "/DeliveryStreamDescription/DeliveryStreamType"),
                (
                    "/KinesisStreamSourceConfiguration",
                    "/DeliveryStreamDescription/Source/KinesisStreamSourceDescription",
                ),
                (
                    "/ExtendedS3DestinationConfiguration",
                    "/DeliveryStreamDescription/Destinations/0/ExtendedS3DestinationDescription",
                ),
            ],
        )
        .tags(tags(), "/Tags")
        .change("/ExtendedS3DestinationConfiguration/BufferingHints/SizeInMBs", json!(128))
        .change("/ExtendedS3DestinationConfiguration/ErrorOutputPrefix", json!("wrong/"))
        .gives("d", &[("Arn", arn("firehose", "deliverystream/d"))]),
        Case::of(
            Kind::DeliveryStream,
            json!({
                "DeliveryStreamName": "d",
                "DeliveryStreamType": "DirectPut",
                "DeliveryStreamEncryptionConfigurationInput": {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": arn("kms", "key/k")},
                "ExtendedS3DestinationConfiguration": {"BucketARN": "arn:aws:s3:::archive-1", "RoleARN": role_arn(), "CompressionFormat": "GZIP"},
            }),
        )
        .needs([role(), bucket()])
        .reads(
            described(),
            &[
                ("/DeliveryStreamName", "/DeliveryStreamDescription/DeliveryStreamName"),
                ("/DeliveryStreamType", "/DeliveryStreamDescription/DeliveryStreamType"),
                (
                    "/DeliveryStreamEncryptionConfigurationInput",
                    "/DeliveryStreamDescription/DeliveryStreamEncryptionConfiguration",
                ),
                (
                    "/ExtendedS3DestinationConfiguration",
                    "/DeliveryStreamDescription/Destinations/0/ExtendedS3DestinationDescription",
                ),
            ],
        )
        .change("/ExtendedS3DestinationConfiguration/CompressionFormat", json!("UNCOMPRESSED"))
        .gives("d", &[]),
    ]
}

fn catalogue() -> Vec<Case> {
    vec![
        Case::of(
            Kind::CatalogDatabase,
            json!({"CatalogId": ACCOUNT, "DatabaseInput": {
                "Name": "p_local", "Description": "Archives of p", "LocationUri": "s3://archive-1/", "Parameters": {"owner": "ml"}}}),
        )
        .reads(
            Ask::Json("glue", "AWSGlue.GetDatabase", json!({"Name": "p_local"})),
            &[("/CatalogId", "/Database/CatalogId"), ("/DatabaseInput", "/Database")],
        )
        .untold(&["DatabaseName"])
        .change("/DatabaseInput/Description", json!("What p archived"))
        .gives("p_local", &[]),
        Case::of(
            Kind::CatalogTable,
            json!({"CatalogId": ACCOUNT, "DatabaseName": "p_local", "TableInput": {
                "Name": "transactions",
                "Description": "Archived records",
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"classification": "parquet"},
                "PartitionKeys": [{"Name": "tenant", "Type": "string"}],
                "StorageDescriptor": {
                    "Columns": [{"Name": "card_id", "Type": "string"}, {"Name": "amount", "Type": "double"}],
                    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                    "Location": "s3://archive-1/transactions/",
                    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
                },
            }}),
        )
        .needs([("Database", "AWS::Glue::Database", json!({"CatalogId": ACCOUNT, "DatabaseInput": {"Name": "p_local"}}))])
        .reads(
            Ask::Json("glue", "AWSGlue.GetTable", json!({"DatabaseName": "p_local", "Name": "transactions"})),
            &[
                ("/CatalogId", "/Table/CatalogId"),
                ("/DatabaseName", "/Table/DatabaseName"),
                ("/TableInput", "/Table"),
            ],
        )
        .untold(&["Name"])
        .change("/TableInput/Description", json!("Every record"))
        .gives("transactions", &[]),
    ]
}

fn keys_and_roles() -> Vec<Case> {
    let described = || Ask::Json("kms", "TrentService.DescribeKey", json!({"KeyId": "$REF"}));
    let boundary = arn("iam", "policy/boundary").replace("eu-west-1", "");
    let key = || ("Key", "AWS::KMS::Key", json!({"KeyPolicy": policy()}));
    vec![
        Case::of(
            Kind::Key,
            json!({
                "Description": "Data of p",
                "Enabled": true,
                "EnableKeyRotation": true,
                "RotationPeriodInDays": 180,
                "KeyPolicy": policy(),
                "KeySpec": "SYMMETRIC_DEFAULT",
                "KeyUsage": "ENCRYPT_DECRYPT",
                "MultiRegion": false,
                "PendingWindowInDays": 7,
            }),
        )
        .reads(
            described(),
            &[
                ("/Description", "/KeyMetadata/Description"),
                ("/Enabled", "/KeyMetadata/Enabled"),
                ("/KeySpec", "/KeyMetadata/KeySpec"),
                ("/KeyUsage", "/KeyMetadata/KeyUsage"),
                ("/MultiRegion", "/KeyMetadata/MultiRegion"),
            ],
        )
        .reads(
            Ask::Json("kms", "TrentService.GetKeyRotationStatus", json!({"KeyId": "$REF"})),
            &[("/EnableKeyRotation", "/KeyRotationEnabled"), ("/RotationPeriodInDays", "/RotationPeriodInDays")],
        )
        .reads(
            Ask::Json("kms", "TrentService.GetKeyPolicy", json!({"KeyId": "$REF", "PolicyName": "default"})),
            &[("/KeyPolicy", "/Policy")],
        )
        // Says only what happens when the key goes, or how its policy is checked.
        .untold(&["PendingWindowInDays", "BypassPolicyLockoutSafetyCheck"])
        .tags(Ask::Json("kms", "TrentService.ListResourceTags", json!({"KeyId": "$REF"})), "/Tags")
        .change("/RotationPeriodInDays", json!(365))
        .change("/KeyPolicy", other_policy())
        .gives("*-*-*-*-*", &[("Arn", arn("kms", "key/*")), ("KeyId", "*-*-*-*-*".to_owned())]),
        Case::of(Kind::KeyAlias, json!({"AliasName": "alias/p-local-data", "TargetKeyId": {"Ref": "Key"}}))
            .needs([key(), ("Other", "AWS::KMS::Key", json!({"KeyPolicy": policy()}))])
            .reads(
                Ask::Json("kms", "TrentService.ListAliases", json!({})),
                &[("/AliasName", "/Aliases/0/AliasName"), ("/TargetKeyId", "/Aliases/0/TargetKeyId")],
            )
            .change("/TargetKeyId", json!({"Ref": "Other"}))
            .gives("alias/p-local-data", &[]),
        Case::of(
            Kind::Role,
            json!({
                "RoleName": "of-p",
                "Path": "/p/",
                "Description": "Runs p",
                "MaxSessionDuration": 7_200,
                "AssumeRolePolicyDocument": policy(),
                "PermissionsBoundary": boundary,
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"],
                "Policies": [{"PolicyName": "own", "PolicyDocument": policy()}],
            }),
        )
        .reads(
            iam("GetRole", &[("RoleName", "of-p")]),
            &[
                ("/RoleName", "/GetRoleResult/Role/RoleName"),
                ("/Path", "/GetRoleResult/Role/Path"),
                ("/Description", "/GetRoleResult/Role/Description"),
                ("/MaxSessionDuration", "/GetRoleResult/Role/MaxSessionDuration"),
                ("/AssumeRolePolicyDocument", "/GetRoleResult/Role/AssumeRolePolicyDocument"),
                ("/PermissionsBoundary", "/GetRoleResult/Role/PermissionsBoundary/PermissionsBoundaryArn"),
            ],
        )
        .reads(
            iam("ListAttachedRolePolicies", &[("RoleName", "of-p")]),
            &[("/ManagedPolicyArns/0", "/ListAttachedRolePoliciesResult/AttachedPolicies/0/PolicyArn")],
        )
        .reads(
            iam("GetRolePolicy", &[("RoleName", "of-p"), ("PolicyName", "own")]),
            &[
                ("/Policies/0/PolicyName", "/GetRolePolicyResult/PolicyName"),
                ("/Policies/0/PolicyDocument", "/GetRolePolicyResult/PolicyDocument"),
            ],
        )
        .tags(iam("ListRoleTags", &[("RoleName", "of-p")]), "/ListRoleTagsResult/Tags")
        .change("/Description", json!("Runs p well"))
        .change("/MaxSessionDuration", json!(3_600))
        .change("/PermissionsBoundary", json!(format!("{boundary}-2")))
        .change("/Policies/0/PolicyDocument", other_policy())
        .gives("of-p", &[("Arn", format!("arn:aws:iam::{ACCOUNT}:role/p/of-p"))]),
        Case::of(Kind::Policy, json!({"PolicyName": "own", "PolicyDocument": policy(), "Roles": ["r"]}))
            .needs([role()])
            .reads(
                iam("GetRolePolicy", &[("RoleName", "r"), ("PolicyName", "own")]),
                &[
                    ("/PolicyName", "/GetRolePolicyResult/PolicyName"),
                    ("/PolicyDocument", "/GetRolePolicyResult/PolicyDocument"),
                    ("/Roles/0", "/GetRolePolicyResult/RoleName"),
                ],
            )
            .change("/PolicyDocument", other_policy())
            .gives("*", &[]),
        Case::of(
            Kind::ManagedPolicy,
            json!({"ManagedPolicyName": "shared", "Path": "/", "Description": "For all of p", "PolicyDocument": policy(), "Roles": ["r"]}),
        )
        .needs([role()])
        .reads(
            iam("GetPolicy", &[("PolicyArn", "$REF")]),
            &[
                ("/ManagedPolicyName", "/GetPolicyResult/Policy/PolicyName"),
                ("/Path", "/GetPolicyResult/Policy/Path"),
                ("/Description", "/GetPolicyResult/Policy/Description"),
            ],
        )
        .reads(
            iam("ListAttachedRolePolicies", &[("RoleName", "r")]),
            &[("/ManagedPolicyName", "/ListAttachedRolePoliciesResult/AttachedPolicies/0/PolicyName")],
        )
        .reads(
            iam("ListEntitiesForPolicy", &[("PolicyArn", "$REF")]),
            &[("/Roles/0", "/ListEntitiesForPolicyResult/PolicyRoles/0/RoleName")],
        )
        // Its versions are read in `refusals`: the newest is in force.
        .untold(&["PolicyDocument"])
        .change("/PolicyDocument", other_policy())
        .gives(
            format!("arn:aws:iam::{ACCOUNT}:policy/shared"),
            &[
                ("PolicyArn", format!("arn:aws:iam::{ACCOUNT}:policy/shared")),
                ("DefaultVersionId", "v1".to_owned()),
                ("AttachmentCount", "1".to_owned()),
            ],
        ),
        Case::of(
            Kind::Parameter,
            json!({
                "Name": "/p/threshold", "Type": "String", "Value": "0.9", "Description": "Above this, a person looks",
                "AllowedPattern": "[0-9.]+", "Tier": "Standard", "DataType": "text",
            }),
        )
        .reads(
            Ask::Json("ssm", "AmazonSSM.GetParameter", json!({"Name": "/p/threshold"})),
            &[("/Name", "/Parameter/Name"), ("/Type", "/Parameter/Type"), ("/Value", "/Parameter/Value")],
        )
        .reads(
            Ask::Json("ssm", "AmazonSSM.DescribeParameters", json!({})),
            &[
                ("/Description", "/Parameters/0/Description"),
                ("/AllowedPattern", "/Parameters/0/AllowedPattern"),
                ("/Tier", "/Parameters/0/Tier"),
                ("/DataType", "/Parameters/0/DataType"),
            ],
        )
        .tags(
            Ask::Json("ssm", "AmazonSSM.ListTagsForResource", json!({"ResourceType": "Parameter", "ResourceId": "/p/threshold"})),
            "/TagList",
        )
        .change("/Value", json!("0.8"))
        .gives("/p/threshold", &[]),
    ]
}
