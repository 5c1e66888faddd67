"""The desk of the sample agency: applications registered, receipts printed and stages stamped by hand."""
