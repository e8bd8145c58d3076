"""One message with a hundred files of every type: sent as a form, published, read, and fetched as one ZIP."""

import io
import zipfile

from shared.domain.identifiers import AttachmentId
from shared.usecases import scanning
from tests.fakes.world import World
from tests.functions.scene import served
from tests.unit.domain.files import GOOD

BASE = "/correspondence/api/v1/correspondence"
FILES = {f"{number} søknad{suffix}": GOOD[suffix][0] for number, suffix in enumerate(sorted(GOOD) * 5)}


async def test_a_hundred_files_of_all_types_go_the_whole_way() -> None:
    """Every byte comes out as it went in, alone and in the ZIP."""
    assert len(FILES) == 100
    world = World()
    form = {
        "Correspondence.ResourceId": "example-letters",
        "Correspondence.SendersReference": "case 1",
        "Correspondence.Content.Language": "nb",
        "Correspondence.Content.MessageTitle": "Hundre filer",
        "Correspondence.Content.MessageBody": "Se vedleggene.",
        "Recipients[0]": "01838510058",
    }
    for number, name in enumerate(FILES):
        form[f"Correspondence.Content.Attachments[{number}].FileName"] = name
        form[f"Correspondence.Content.Attachments[{number}].SendersReference"] = str(number)
    sender, reader, loader = ({"Authorization": f"Bearer {who}"} for who in ("Sender", "Recipient", "Download"))
    async with served(world) as http:
        files = [("attachments", (name, content)) for name, content in FILES.items()]
        answer = await http.post(BASE + "/upload", data=form, files=files, headers=sender)
        assert answer.status_code == 200, answer.text
        made = answer.json()
        for id_ in made["attachmentIds"]:
            await scanning.scan_attachment(world.app, AttachmentId(id_))
        await world.settle()
        one = f"{BASE}/{made['correspondences'][0]['correspondenceId']}"
        seen = (await http.get(one, headers=reader)).json()
        assert seen["status"] == "Published"
        assert {file["fileName"]: file["status"] for file in seen["content"]["attachments"]} == dict.fromkeys(
            FILES, "Published"
        )
        for file in seen["content"]["attachments"][::7]:
            alone = await http.get(f"{one}/attachment/{file['id']}/download", headers=loader)
            assert (alone.status_code, alone.content) == (200, FILES[file["fileName"]])
        together = await http.get(f"{one}/attachments/downloadall", headers=loader)
        assert together.headers["content-length"] == str(len(together.content))
        with zipfile.ZipFile(io.BytesIO(together.content)) as archive:
            assert archive.testzip() is None
            assert {name: archive.read(name) for name in archive.namelist()} == FILES
