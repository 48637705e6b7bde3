from django import forms


class ImportForm(forms.Form):
    """One spreadsheet."""

    file = forms.FileField(
        label="檔案",
        help_text="XLSX、ODS 或 CSV（UTF-8 或 Big5），10 MB 以內。",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.ods,.csv"}),
        error_messages={"required": "請選擇要匯入的檔案。", "empty": "這個檔案是空的。"},
    )
