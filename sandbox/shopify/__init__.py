"""The Shopify Admin GraphQL API, version 2026-10, spoken by the merchant's world."""
