"""One contract for all that is held: rows of models, of SQL by hand, items of DynamoDB."""
