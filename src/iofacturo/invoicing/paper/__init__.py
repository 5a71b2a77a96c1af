"""What a receiver gets: PDF, ticket, mail, the public link."""
