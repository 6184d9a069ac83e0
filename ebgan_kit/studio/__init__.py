"""The editor in the browser: `ebgan-kit studio`."""
