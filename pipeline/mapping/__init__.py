"""Mappings: the saved, reusable model that says which field of a file goes to which column of a table.

`parse` reads one, `compile_mapping` fits it to the database's catalogue, `map_batch` applies it. All pure.
"""
