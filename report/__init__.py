from . import deadline_analysis, deadline_report, deadline_statement
