"""Files that leave the product: the report, scenarios as JSON and XLSX."""
