"""The page on a device: service worker, manifest, icons, and where browsers say that they want pushes."""
