variable "prefix" {
  default = "shop-prod"
}

variable "log_days" {
  type = number
}

locals {
  hours  = 7 * 24
  filter = { kind = ["created", "paid"] }
}

resource "aws_kms_key" "data" {
  description             = "What orders are encrypted with"
  enable_key_rotation     = true
  rotation_period_in_days = 180
}

resource "aws_kinesis_stream" "orders" {
  name                = "${var.prefix}-OrderEvents"
  retention_period    = local.hours
  shard_level_metrics = ["IncomingBytes", "OutgoingBytes"]
  encryption_type     = "KMS"
  kms_key_id          = aws_kms_key.data.arn

  stream_mode_details {
    stream_mode = "ON_DEMAND"
  }
}

resource "aws_kinesis_stream" "late" {
  name        = "${var.prefix}-late"
  shard_count = 2
}

resource "aws_kinesis_stream_consumer" "score" {
  name       = "score"
  stream_arn = aws_kinesis_stream.orders.arn
}

resource "aws_dynamodb_table" "features" {
  name         = "${var.prefix}-features"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "customer_id"
  range_key    = "window"

  attribute {
    name = "customer_id"
    type = "S"
  }

  attribute {
    name = "window"
    type = "S"
  }

  attribute {
    name = "segment"
    type = "S"
  }

  global_secondary_index {
    name            = "by-segment"
    hash_key        = "segment"
    projection_type = "KEYS_ONLY"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_dynamodb_table" "decisions" {
  name           = "${var.prefix}-decisions"
  read_capacity  = 5
  write_capacity = 10
  hash_key       = "order_id"

  attribute {
    name = "order_id"
    type = "S"
  }
}

resource "aws_sqs_queue" "review" {
  name                       = "${var.prefix}-review"
  visibility_timeout_seconds = 360
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.review_dead.arn
    maxReceiveCount     = 4
  })
}

resource "aws_sqs_queue" "review_dead" {
  name = "${var.prefix}-review-dead"
}

resource "aws_sqs_queue" "failed" {
  name = "${var.prefix}-failed"
}

resource "aws_sns_topic" "decided" {
  name = "${var.prefix}-decided"
}

resource "aws_sns_topic_subscription" "review" {
  topic_arn = aws_sns_topic.decided.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.review.arn
}

resource "aws_iam_role" "score" {
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "score" {
  role   = aws_iam_role.score.id
  policy = data.aws_iam_policy_document.score.json
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "score" {
  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:Query"]
    resources = [aws_dynamodb_table.features.arn, "${aws_dynamodb_table.features.arn}/index/*"]
  }

  statement {
    actions   = ["dynamodb:PutItem"]
    resources = [aws_dynamodb_table.decisions.arn]
  }

  statement {
    actions   = ["kinesis:PutRecord*", "sqs:SendMessage"]
    resources = [aws_kinesis_stream.late.arn, aws_sqs_queue.failed.arn]
  }

  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.decided.arn]
  }

  statement {
    actions   = ["sagemaker:InvokeEndpoint"]
    resources = [aws_sagemaker_endpoint.scoring.arn]
  }
}

resource "aws_lambda_function" "score" {
  function_name = "${var.prefix}-score"
  role          = aws_iam_role.score.arn
  filename      = "build/score.zip"
  handler       = "app.handler"
  runtime       = "python3.12"
  memory_size   = 1024
  timeout       = 30

  environment {
    variables = {
      LOG_LEVEL = "info"
      FEATURES  = aws_dynamodb_table.features.name
    }
  }

  tracing_config {
    mode = "Active"
  }
}

resource "aws_lambda_function" "review" {
  function_name                  = "${var.prefix}-review"
  role                           = aws_iam_role.score.arn
  filename                       = "build/review.zip"
  handler                        = "app.handler"
  runtime                        = "python3.13"
  timeout                        = 60
  memory_size                    = 512
  reserved_concurrent_executions = 20
}

resource "aws_cloudwatch_log_group" "score" {
  name              = "/aws/lambda/${aws_lambda_function.score.function_name}"
  retention_in_days = var.log_days
}

resource "aws_lambda_event_source_mapping" "score" {
  event_source_arn                   = aws_kinesis_stream_consumer.score.arn
  function_name                      = aws_lambda_function.score.arn
  starting_position                  = "AT_TIMESTAMP"
  starting_position_timestamp        = "2026-01-01T00:00:00Z"
  batch_size                         = 50
  maximum_batching_window_in_seconds = 2
  parallelization_factor             = 4
  maximum_retry_attempts             = 5
  bisect_batch_on_function_error     = true
  function_response_types            = ["ReportBatchItemFailures"]

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.failed.arn
    }
  }

  filter_criteria {
    filter {
      pattern = jsonencode({ data = local.filter })
    }
  }
}

resource "aws_lambda_event_source_mapping" "review" {
  event_source_arn = aws_sqs_queue.review.arn
  function_name    = aws_lambda_function.review.function_name
  batch_size       = 5

  scaling_config {
    maximum_concurrency = 8
  }
}

resource "aws_sagemaker_model" "scoring" {
  name               = "scoring"
  execution_role_arn = aws_iam_role.score.arn

  primary_container {
    image          = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    model_data_url = "s3://models/scoring/v7.tar.gz"
  }
}

resource "aws_sagemaker_endpoint_configuration" "scoring" {
  production_variants {
    variant_name           = "AllTraffic"
    model_name             = aws_sagemaker_model.scoring.name
    initial_instance_count = 2
    instance_type          = "ml.c5.xlarge"
  }
}

resource "aws_sagemaker_endpoint" "scoring" {
  name                 = "${var.prefix}-scoring"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.scoring.name
}

resource "aws_s3_bucket" "archive" {
  bucket = "${var.prefix}-archive"
}

resource "aws_s3_bucket_lifecycle_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    id     = "old"
    status = "Enabled"
    transition {
      days          = 30
      storage_class = "GLACIER"
    }
  }
}

resource "aws_kinesis_firehose_delivery_stream" "orders" {
  name        = "${var.prefix}-orders"
  destination = "extended_s3"

  kinesis_source_configuration {
    kinesis_stream_arn = aws_kinesis_stream.orders.arn
    role_arn           = aws_iam_role.score.arn
  }

  extended_s3_configuration {
    bucket_arn         = aws_s3_bucket.archive.arn
    role_arn           = aws_iam_role.score.arn
    buffering_size     = 128
    buffering_interval = 120
    compression_format = "GZIP"
    prefix             = "orders/"
  }
}

resource "aws_cloudwatch_metric_alarm" "age" {
  alarm_name          = "${var.prefix}-age"
  namespace           = "AWS/Lambda"
  metric_name         = "IteratorAge"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 3
  statistic           = "Maximum"
  period              = 60
  threshold           = 60000
  alarm_actions       = [aws_sns_topic.oncall.arn]

  dimensions = {
    FunctionName = aws_lambda_function.score.function_name
  }
}

resource "aws_sns_topic" "oncall" {
  name = "${var.prefix}-oncall"
}

resource "aws_kinesis_stream" "shards" {
  for_each    = toset(["a", "b"])
  name        = each.key
  shard_count = 1
}

module "network" {
  source = "./network"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}
