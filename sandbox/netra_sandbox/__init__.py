"""An ephemeral cloud on the loopback interface: Google's APIs and what runs behind them, for one project."""
