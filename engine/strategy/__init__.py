"""Strategies: their contract, the plugin registry, the host that runs them side by side, the built-ins."""
