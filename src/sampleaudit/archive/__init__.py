"""The archive: an audit as a folder of open files, from which every number can be had again."""
