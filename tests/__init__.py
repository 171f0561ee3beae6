"""Tests that need a running stack."""
