"""What a dialect in GraphQL needs further: documents resolved, and answers made from frames."""
