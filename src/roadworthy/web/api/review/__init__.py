"""The API of reviews: approvals, holds, requests, the discussion, and commands."""
