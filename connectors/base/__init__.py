"""The kit: declarations, HTTP client, retry, limits, paging, jobs and the mapping helpers."""
