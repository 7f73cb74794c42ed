"""Load by locust: journeys of customers over the record shop, slow and fast."""
