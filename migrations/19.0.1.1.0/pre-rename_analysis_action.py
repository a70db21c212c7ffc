def migrate(cr, version):
    """Keep the window of the analysis, whose address the new one takes, and who refers to it."""
    cr.execute(
        """UPDATE ir_model_data AS data
              SET name = 'deadline_analysis_action'
            WHERE module = 'deadline_management'
              AND name = 'deadline_deadline_action_analysis'
              AND NOT EXISTS (
                  SELECT FROM ir_model_data
                   WHERE module = data.module AND name = 'deadline_analysis_action'
              )"""
    )
