"""What all dashboards share: filters, numbers with the records behind them."""
