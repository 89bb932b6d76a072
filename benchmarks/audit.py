from section import Section
def section()->Section: return Section("audit",(),True)
