"""What reading DynamoDB costs, beside raw HTTP, botocore, boto3 and PynamoDB."""
