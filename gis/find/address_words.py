"""The words that Chinese addresses are made of, as patterns: endings of names, counts, and what lies near something."""

import re

from gis.find.gazetteer import Kind

MARKS = {kind: chr(0xE000 + place) for place, kind in enumerate(Kind)}
KINDS = {mark: kind for kind, mark in MARKS.items()}
ANY_MARK = f"[{''.join(MARKS.values())}]"
BEFORE_COUNTY = re.compile(
    r"^(?:中国)?(?:[^|\d]{2,7}?(?:省|自治区))?(?:[^|\d]{2,6}?(?:自治州|地区|盟|(?<!超)市(?![场民府政])))?"
    r"(?:[^|\d]{2,5}?(?:县(?![前后城府政东西南北])|(?<![社小校园景矿发新])区(?![政])|(?<!超)市(?![场民府政])))?"
)
BESIDE = re.compile(
    r"(?:(?:[往向][东西南北]|[东西南北]侧|以[东西南北])?\|?\d+米(?:处|左右)?)|斜?对[面过]|旁边?|隔壁|附近|边上|[后前]面|[东西南北]侧|"
    r"以[东西南北]|[向往][东西南北]|交叉口|路口"
)
_NAME = "(?![号#幢栋座室层元之附-])[^|0-9" + "".join(MARKS.values()) + "]"
UNKNOWN = (
    (Kind.TOWN, re.compile(rf"({_NAME}{{1,6}}?(?:街道(?:办事处)?|镇|乡))(?![路街巷弄大前后东西南北中村])")),
    (
        Kind.VILLAGE,
        re.compile(rf"({_NAME}{{1,8}}?(?:村委会|居委会|行政村|自然村|社区|村))(?![路街巷弄口东西南北中前后大民小委])"),
    ),
    (Kind.STREET, re.compile(rf"({_NAME}{{1,9}}?(?:大道|大街|公路|[路街巷弄]|胡同|(?<![街大])道))(?![道])")),
    (
        Kind.COMPOUND,
        re.compile(
            rf"({_NAME}{{1,9}}?(?:小区|新村|公寓|[花家庄]园|花苑|名苑|大厦|广场|山庄|别墅|中心|宿舍|市场|商城|工业园?区|园区|大楼"
            r"|[府城庭湾园苑](?=[A-Z0-9甲乙丙丁]+(?:[幢栋座#-]|号楼|号幢|单元))))"
        ),
    ),
)
STEM = "甲乙丙丁戊己庚辛壬癸"
COUNT = rf"(?:\d+|[A-Z{STEM}])"
TOKEN = re.compile(
    rf"(?P<name>{ANY_MARK})"
    r"|(?P<group>第?\d+(?:村民小组|小组|组|队))"
    rf"|(?P<block>{COUNT}(?:号楼|号栋|号幢|幢|栋|座|#楼|#栋|#幢))"
    rf"|(?P<unit>{COUNT}单元)"
    r"|(?P<rooms>[A-Z]?\d+(?:-\d+)*(?:号室|号房|室|房(?!屋)))"
    r"|(?P<floor>(?:负|地下|-|B)?\d+(?:层|楼|F(?![A-Z]))|底[层楼])"
    r"|(?P<lane>\d+弄)"
    rf"|(?P<number>附?\d+(?:[-之附]\d+)?[A-Z{STEM}]?号(?:[{STEM}](?![幢栋座])|[-之附]\d+(?!\d*[-室单幢栋层楼#]))?"
    rf"|[{STEM}]\d+号)"
    r"|(?P<sharp>\d+#)"
    r"|(?P<bare>[A-Z]?\d+(?:-[A-Z]?\d+)*)"
    r"|(?P<other>.)"
)
GROUP = re.compile(r"第?([0-9零〇一二三四五六七八九十百廿]+)村民小?组")
