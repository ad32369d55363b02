"""What is kept besides the WARCs: catalog, text files, run folders. All of it can be made again from them."""
