"""What every route shares: problems, request bodies, the OpenAPI description, the application."""
