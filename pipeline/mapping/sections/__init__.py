"""Mappings of several tables: parse → compile against the catalogue, parents first → map batches to typed rows of
each section. All pure."""
