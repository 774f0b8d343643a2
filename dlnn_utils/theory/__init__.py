"""The paper's equations by computer algebra."""
