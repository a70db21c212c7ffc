from . import deadline_analysis, deadline_statement
